import { createRunner } from '@portolan/host'
import { MissingToolError } from '@portolan/netfilter'
import { type BackendChoice, parseBackendChoice } from '../../backend/backend.ts'
import { chooseBackend } from '../../backend/choose-backend.ts'
import { openDocker } from '../../docker/open-docker.ts'
import { listenOnSocket, refuseServed } from '../../docker/serve/listen-on-socket.ts'
import { servePlugin } from '../../docker/serve/serve-plugin.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { tellServiceManager } from '../output/tell-service-manager.ts'

/**
 * The socket at which dockerd finds the plugin. dockerd calls each plugin by the name of its file (moby,
 * pkg/plugins/discovery.go).
 */
const socketPath = '/run/docker/plugins/portolan.sock'

/** `portolan docker-plugin`: serves Docker until it is stopped. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const stopped = new AbortController()
  const stop = (): void => stopped.abort()
  process.on('SIGTERM', stop).on('SIGINT', stop)
  try {
    await refuseServed(socketPath)
    await using docker = await openDocker(
      {
        backend: await backendOf(parseBackendChoice(options.backend ?? 'auto')),
        state: options.state,
        force: options.force === true,
      },
      (text) => terminal.sayLines(`portolan: ${text}`),
    )
    const { server, close } = servePlugin(docker)
    const unlisten = await listenOnSocket(server, socketPath)
    try {
      terminal.say(`portolan: serves Docker at ${socketPath}`)
      await tellServiceManager(terminal)
      await ended(stopped.signal)
    } finally {
      // Where systemd holds the socket, a call that comes now waits for the next process that serves it.
      await close()
      unlisten()
    }
    return exitCode.ok
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop)
  }
}

/**
 * The backend that `auto` means here. Docker writes its rules with iptables, and no table of ours can let a packet pass
 * that Docker's policy drops there.
 */
const backendOf = async (choice: BackendChoice): Promise<BackendChoice> => {
  if (choice !== 'auto') return choice
  try {
    return await chooseBackend('iptables', createRunner())
  } catch (error) {
    if (error instanceof MissingToolError) return choice
    throw error
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
