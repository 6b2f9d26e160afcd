/**
 * The output and exit code of a process. A non-zero exit is a value, not an exception.
 * @public @since 0.1.0
 */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program, never through a shell. Dialects start processes only through this; tests replace it.
 * @throws MissingToolError when the program is not installed
 * @example
 * // Plans for a host whose programs are run elsewhere: here, for one that has no rules.
 * const runner: Runner = { run: async () => ({ exitCode: 0, stdout: '', stderr: '' }) }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables', runner })
 * p.backend // 'nftables'
 * @public @since 0.1.0
 */
export interface Runner {
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
}

/** @public @since 0.1.0 */
export interface RunOptions {
  /**
   * Text for standard input. The program must get all of it, or not start. If the writer of a pipe is killed midway,
   * the program has only a part, and nft and iptables-restore apply a part as if it were all.
   */
  readonly input?: string
}
