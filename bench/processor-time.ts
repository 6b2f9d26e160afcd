import { readFileSync } from 'node:fs'

/** USER_HZ of every Linux that Node runs on (time(7)). */
const TICK_MS = 10

/**
 * Milliseconds of processor time, in user and kernel mode, of the processes that ended while `work` was done, and of
 * theirs; a share of it for each of `times`, as the kernel tells it in hundredths of a second.
 */
export const processorTime = (times: number, work: () => void): number => {
  const before = ofChildren()
  for (let time = 0; time < times; time += 1) work()
  return (ofChildren() - before) / times
}

/** cutime and cstime of proc_pid_stat(5). */
const ofChildren = (): number => {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  // Behind the name, which may have blanks in it, the third field comes first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS
}
