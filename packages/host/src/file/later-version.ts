/** The form of a file that a later version of Portolan wrote. */
export interface LaterForm {
  readonly written: number
  /** The highest form that this version reads. */
  readonly read: number
}

/**
 * What is wrong with a file of a later version, and what to do. Such a file is whole: to repair it or to throw it away,
 * as a damaged one, would lose what it records.
 *
 * @param file - the file as a message begins with it: `The journal /var/lib/portolan/live/shop.journal`
 * @param does - a sentence that says what it records
 * @param lastWay - a clause: what to do without that version, and what is lost then
 */
export const laterVersion = (
  file: string,
  { written, read }: LaterForm,
  does: string,
  lastWay: string,
): { readonly problem: string; readonly remedy: () => string } => ({
  problem: `${file} was written by a later version of Portolan: it has the form ${written}, and this version reads ${read}. ${does} It was left as it is.`,
  remedy: () => `Use that version. If you cannot, ${lastWay}.`,
})
