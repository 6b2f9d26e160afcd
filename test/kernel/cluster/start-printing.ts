import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import type { Running } from '../../lab/run.ts'
import { until } from '../../lab/until.ts'

/** Starts a command on a host that keeps running, and follows its output. */
export const startPrinting = async ({ machine, lab }: ClusterHostMachine, ...words: readonly string[]) => {
  const file = `/run/lab/${words.filter((word) => /^[a-z]+$/.test(word)).join('-')}.said`
  // An earlier command may have written this file, and the new one may begin to write late.
  await machine.writeText(file, '')
  const running: Running = machine.start(
    ['sh', '-c', `exec "$@" > ${file} 2>&1`, 'sh', ...lab.command, ...words],
    { environment: { NODE_OPTIONS: '', NO_COLOR: '1', HOME: '/run/lab' }, timeoutMs: 600_000 },
  )
  const stop = async (): Promise<void> => {
    running.kill('SIGTERM')
    await running.outcome
  }
  const printed = (): Promise<string> => machine.mustRun(['cat', file])
  return {
    said: printed,
    /** @throws Error with the output, when the text does not come */
    untilPrinted: async (what: RegExp): Promise<void> => {
      await until(`it to say ${what}`, async () => what.test(await printed()), {
        beside: running,
        shows: printed,
      })
    },
    stop,
    /** Stops the command when a test fails before it has done so. */
    [Symbol.asyncDispose]: stop,
  }
}
