/** The reason why a bolt database cannot be read, in a clause: `it is cut off`. */
export class BoltFault extends Error {
  override readonly name = 'BoltFault'
}
