/** How a file is read. */
export interface ReadTextOptions {
  /** The most bytes it may have. */
  readonly mostBytes: number
  /**
   * Whether a pipe, a terminal or a device will do. True where the user named it (`-f -`, `-f <(command)`): it is
   * read to its end, however long its writer takes. False where Portolan looks for a file by itself: a pipe that
   * left in its place would be waited for in vain.
   */
  readonly pipes?: boolean
  /**
   * What becomes of bytes that are not UTF-8: an error, or U+FFFD in their place, for texts in which only programs'
   * names and comments may hold them.
   */
  readonly invalid?: 'refuse' | 'replace'
}
