import { run } from '../run.ts'

/** Removes the cgroups below one of that name: the pipe to a room closes a little before its last process is gone. */
export const removeCgroup = async (name: string): Promise<void> => {
  const below = ['find', '/sys/fs/cgroup', '-depth', '-type', 'd', '-path', `*/${name}*`]
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await run([...below, '-exec', 'rmdir', '{}', '+'])
    // Its exit code is no matter: groups of other labs may go while it looks.
    if ((await run(below)).stdout === '') return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`processes of ${name} do not end`)
}
