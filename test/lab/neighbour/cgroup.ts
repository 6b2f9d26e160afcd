import { run } from '../run.ts'
import { until } from '../until.ts'

/** Removes the cgroups of that name and below: the pipe to a room closes a little before its last process is gone. */
export const removeCgroup = async (name: string): Promise<void> => {
  // Those of a room whose number begins so are not its own.
  const own = ['(', '-name', name, '-o', '-path', `*/${name}/*`, ')']
  const below = ['find', '/sys/fs/cgroup', '-depth', '-type', 'd', ...own]
  const left = async (): Promise<string> => (await run(below)).stdout
  const areGone = async (): Promise<boolean> => {
    await run([...below, '-exec', 'rmdir', '{}', '+'])
    // Its exit code is no matter: groups of other labs may go while it looks.
    return (await left()) === ''
  }
  await until(`the end of the processes of ${name}`, areGone, { shows: left })
}
