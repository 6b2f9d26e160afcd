/** Says in a clause why a bolt database cannot be read: `it is cut off`. */
export class BoltFault extends Error {
  override readonly name = 'BoltFault'
}
