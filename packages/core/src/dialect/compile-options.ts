/**
 * What the rules have to know of the host.
 * @public @since 0.1.0
 */
export interface CompileOptions {
  /**
   * The interfaces by which containers leave the host (`outwardInterfaces`). What leaves by another one, such as the
   * bridge of another engine, is left to the host's own rules. Null, the default: all are accepted.
   */
  readonly leaving?: readonly string[] | null
}
