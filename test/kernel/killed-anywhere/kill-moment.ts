import type { Drawing } from '../../lab/drawing.ts'
import type { Machine } from '../../lab/machine.ts'
import type { RunOutcome } from '../../lab/run.ts'

/**
 * When a program is killed: after some time, or at the n-th call of one system call, before the call is made. Calls are
 * counted for each thread, and also in the programs that it starts. The process that makes the call is killed, so it
 * may be a tool.
 */
export type KillMoment =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'call'; readonly call: string; readonly number: number }

/** System calls that write. The number is a lower limit of how often one thread of a first `apply` makes the call. */
const calls: readonly [readonly [string, number], ...(readonly [string, number])[]] = [
  ['sendmsg', 33],
  ['sendto', 12],
  ['write', 260],
  ['pwrite64', 6],
  ['fsync', 8],
  ['fdatasync', 4],
  ['rename', 4],
  ['link', 1],
  ['unlink', 3],
  ['execve', 8],
]

export const drawKillMoment = ({ below, pick }: Drawing, leastMs: number, mostMs: number): KillMoment => {
  if (below(3) === 0) return { kind: 'time', ms: leastMs + below(mostMs - leastMs) }
  const [call, most] = pick(calls)
  return { kind: 'call', call, number: 1 + below(most) }
}

/**
 * Runs a program that is killed on its way.
 * @param meanwhile - runs at the same time
 * @param longestMs - the program is killed after this time in any case
 */
export const runKilled = async (
  host: Machine,
  argv: readonly string[],
  moment: KillMoment,
  longestMs: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<RunOutcome> => {
  const tracing =
    moment.kind === 'time'
      ? []
      : [
          ...['strace', '-f', '-qq', '-o', '/dev/null', '--kill-on-exit', '-e', `trace=${moment.call}`],
          ...['-e', `inject=${moment.call}:signal=SIGKILL:when=${moment.number}`],
        ]
  const running = host.start([...tracing, ...argv])
  const timer = setTimeout(() => running.kill('SIGKILL'), moment.kind === 'time' ? moment.ms : longestMs)
  const [outcome] = await Promise.all([running.outcome, meanwhile()])
  clearTimeout(timer)
  return outcome
}
