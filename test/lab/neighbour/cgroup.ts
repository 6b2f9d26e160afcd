import { run } from '../run.ts'
import { until } from '../until.ts'

/** Removes the cgroups below one of that name: the pipe to a room closes a little before its last process is gone. */
export const removeCgroup = async (name: string): Promise<void> => {
  const below = ['find', '/sys/fs/cgroup', '-depth', '-type', 'd', '-path', `*/${name}*`]
  const left = async (): Promise<string> => (await run(below)).stdout
  const areGone = async (): Promise<boolean> => {
    await run([...below, '-exec', 'rmdir', '{}', '+'])
    // Its exit code is no matter: groups of other labs may go while it looks.
    return (await left()) === ''
  }
  await until(`the end of the processes of ${name}`, areGone, { shows: left })
}
