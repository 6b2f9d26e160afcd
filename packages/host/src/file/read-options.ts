/** How a file is read. */
export interface ReadTextOptions {
  /** The most bytes that the file may have. */
  readonly mostBytes: number
  /**
   * True: a pipe, a terminal or a device is read too, to its end, however long its writer takes. That is for a file
   * that the user named (`-f -`, `-f <(command)`). False is for a file that Portolan looks for by itself: waiting for a
   * pipe that was left in its place would have no end.
   */
  readonly pipes?: boolean
  /**
   * How to treat bytes that are not UTF-8: as an error, or as U+FFFD. The latter is for texts in which only names and
   * comments of programs may hold such bytes.
   */
  readonly invalid?: 'refuse' | 'replace'
}
