/**
 * The facts of a host that its rules depend on.
 * @public @since 0.1.0
 */
export interface CompileOptions {
  /**
   * The interfaces by which containers leave the host (`outwardInterfaces`). The rules accept packets that leave by
   * them. Packets that leave by another interface, such as another engine's bridge, are left to the host's own rules.
   * Null, the default: the rules accept packets that leave by any interface.
   */
  readonly leaving?: readonly string[] | null
}
