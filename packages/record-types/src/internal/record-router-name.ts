/** The name of a Helia router that asks a record manager. A manager does not ask it: it would wait for itself. */
export const recordRouterName = 'recordkit'
