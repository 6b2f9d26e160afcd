import type { Lab } from '../lab.ts'
import { engineRoom } from './engine-room.ts'

/** ufw on a lab's host. It is enabled. */
export interface Ufw {
  /** Runs `ufw WORDS` without questions; throws when it fails. */
  command(...words: readonly string[]): Promise<string>
  reload(): Promise<void>
  disable(): Promise<void>
  enable(): Promise<void>
}

/** @param before - commands before ufw is enabled, such as `['allow 22/tcp']` */
export const startUfw = async (lab: Lab, before: readonly string[] = []): Promise<Ufw> => {
  const room = await engineRoom(lab)
  const command: Ufw['command'] = (...words) => room.mustRun(['ufw', ...words], { input: 'y\n' })
  for (const line of before) await command(...line.split(' '))
  const ufw: Ufw = {
    command,
    async reload() {
      await command('reload')
    },
    async disable() {
      await command('disable')
    },
    async enable() {
      await command('enable')
    },
  }
  await ufw.enable()
  return ufw
}
