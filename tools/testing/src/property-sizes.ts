import fc from 'fast-check'

// by default, fast-check makes arrays of at most about ten items, whatever their `maxLength`
fc.configureGlobal({ ...fc.readConfigureGlobal(), baseSize: 'medium' })
