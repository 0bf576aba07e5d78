//! Hands the locked version of libp2p to the program, which tells it in `about`.
fn main() {
    let lock = std::fs::read_to_string("Cargo.lock").expect("Cargo.lock is committed");
    let version = lock
        .split("[[package]]")
        .find(|package| package.contains("name = \"libp2p\"\n"))
        .and_then(|package| package.split("version = \"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .expect("Cargo.lock names libp2p");
    println!("cargo::rustc-env=LIBP2P_VERSION={version}");
    println!("cargo::rerun-if-changed=Cargo.lock");
}
