import { run } from '../run.ts'
import { until } from '../until.ts'

/**
 * Removes the cgroups of this name with all below. It retries, because a room's last processes may end a little after
 * the room's pipe has closed.
 */
export const removeCgroup = async (name: string): Promise<void> => {
  // The name is matched whole: `portolan-lab-12` is no part of `portolan-lab-123`.
  const own = ['(', '-name', name, '-o', '-path', `*/${name}/*`, ')']
  const below = ['find', '/sys/fs/cgroup', '-depth', '-type', 'd', ...own]
  const left = async (): Promise<string> => (await run(below)).stdout
  const areGone = async (): Promise<boolean> => {
    await run([...below, '-exec', 'rmdir', '{}', '+'])
    // The exit codes of find are ignored, because cgroups of other labs may disappear while it runs.
    return (await left()) === ''
  }
  await until(`the end of the processes of ${name}`, areGone, { shows: left })
}
