import type { Drawing } from '../../lab/drawing.ts'
import type { Machine } from '../../lab/machine.ts'
import type { RunOutcome } from '../../lab/run.ts'

/**
 * Where a program is killed: after some time, or as it enters the so many-th of one system call, which is not made then.
 * Calls are counted for each thread and each program that it starts, and the one that makes it is killed: a tool too.
 */
export type Way =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'call'; readonly call: string; readonly number: number }

/** Calls that write, with how many of each a first `apply` makes at least in one thread. */
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

export const drawWay = ({ below, pick }: Drawing, leastMs: number, mostMs: number): Way => {
  if (below(3) === 0) return { kind: 'time', ms: leastMs + below(mostMs - leastMs) }
  const [call, most] = pick(calls)
  return { kind: 'call', call, number: 1 + below(most) }
}

/**
 * Runs a program that is killed on its way.
 * @param meanwhile - is done while it runs
 * @param longestMs - after which it is killed in any case
 */
export const runKilled = async (
  host: Machine,
  argv: readonly string[],
  way: Way,
  longestMs: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<RunOutcome> => {
  const tracing =
    way.kind === 'time'
      ? []
      : [
          ...['strace', '-f', '-qq', '-o', '/dev/null', '--kill-on-exit', '-e', `trace=${way.call}`],
          ...['-e', `inject=${way.call}:signal=SIGKILL:when=${way.number}`],
        ]
  const running = host.start([...tracing, ...argv])
  const timer = setTimeout(() => running.kill('SIGKILL'), way.kind === 'time' ? way.ms : longestMs)
  const [outcome] = await Promise.all([running.outcome, meanwhile()])
  clearTimeout(timer)
  return outcome
}
