import { readFileSync } from 'node:fs'

/** USER_HZ is 100 on every Linux that Node runs on (time(7)). */
const TICK_MS = 10

/**
 * Milliseconds of processor time (user and kernel mode) of all child processes that ended during `work`, and of their
 * own children. The sum is divided by `times`. The kernel counts hundredths of a second.
 */
export const processorTime = (times: number, work: () => void): number => {
  const before = ofChildren()
  for (let time = 0; time < times; time += 1) work()
  return (ofChildren() - before) / times
}

/** cutime and cstime of proc_pid_stat(5). */
const ofChildren = (): number => {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  // The program's name may contain blanks, so the fields are counted behind it, from the third one on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS
}
