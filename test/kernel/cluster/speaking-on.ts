import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import type { Running } from '../../lab/run.ts'
import { until } from '../../lab/until.ts'

/** A command of a host that runs on, and what it has said. */
export const speakingOn = async ({ machine, lab }: ClusterHostMachine, ...words: readonly string[]) => {
  const file = `/run/lab/${words.filter((word) => /^[a-z]+$/.test(word)).join('-')}.said`
  // One before it has written there, and this one may come to it late.
  await machine.writeText(file, '')
  const running: Running = machine.start(
    ['sh', '-c', `exec "$@" > ${file} 2>&1`, 'sh', ...lab.command, ...words],
    { environment: { NODE_OPTIONS: '', NO_COLOR: '1', HOME: '/run/lab' }, timeoutMs: 600_000 },
  )
  const stop = async (): Promise<void> => {
    running.kill('SIGTERM')
    await running.outcome
  }
  const said = (): Promise<string> => machine.mustRun(['cat', file])
  return {
    said,
    /** @throws Error with what it has said instead */
    says: async (what: RegExp): Promise<void> => {
      await until(`it to say ${what}`, async () => what.test(await said()), { beside: running, shows: said })
    },
    stop,
    /** Also where a test fails before it has stopped it. */
    [Symbol.asyncDispose]: stop,
  }
}
