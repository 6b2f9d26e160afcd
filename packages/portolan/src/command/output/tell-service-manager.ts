import { createRunner } from '@portolan/host'
import { MissingToolError } from '@portolan/netfilter'
import type { Terminal } from './terminal.ts'

/**
 * Tells systemd that this process is ready (sd_notify(3)), where systemd asked for that. A unit with Type=notify then
 * starts the units that come after it.
 */
export const tellServiceManager = async (terminal: Terminal): Promise<void> => {
  if ((process.env.NOTIFY_SOCKET ?? '') === '') return
  try {
    const { exitCode: code, stderr } = await createRunner().run('systemd-notify', ['--ready'])
    if (code !== 0) terminal.say(`portolan: systemd was not told that it is ready: ${stderr.trim()}`)
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error
    terminal.say(`portolan: systemd was not told that it is ready: ${error.message}`)
  }
}
