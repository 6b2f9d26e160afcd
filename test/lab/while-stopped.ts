import type { Running } from './run.ts'

/** What goes in several steps, none of which a program sees by itself: it goes on behind the last. */
export const whileStopped = async (
  running: Pick<Running, 'stop' | 'kill'>,
  work: () => Promise<unknown>,
): Promise<void> => {
  await running.stop()
  try {
    await work()
  } finally {
    running.kill('SIGCONT')
  }
}
