/** Says in a clause why an SQLite database cannot be read: `it is cut off`. */
export class SqliteFault extends Error {
  override readonly name = 'SqliteFault'
}
