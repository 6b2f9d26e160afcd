/** The reason why an SQLite database cannot be read, in a clause: `it is cut off`. */
export class SqliteFault extends Error {
  override readonly name = 'SqliteFault'
}
