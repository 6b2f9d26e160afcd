import type { Backend } from '../backend.ts'
import type { Lab } from '../lab.ts'
import type { Running } from '../run.ts'
import { until } from '../until.ts'
import { named } from '../waiting.ts'
import { callDockerPlugin, type PluginAnswer, pluginSocket } from './call-docker-plugin.ts'

export type { Json } from './call-docker-plugin.ts'

/** `portolan docker-plugin` on a lab's host, at the socket where dockerd looks for plugins. */
export interface DockerPlugin extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  start(environment?: Readonly<Record<string, string>>): Promise<void>
  /** Sends a signal (default SIGTERM), waits for the end and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Waits until the plugin has ended without a signal from the test. */
  ended(): Promise<number | null>
  /** Sends one request, as dockerd does; null: the plugin ended before it answered. */
  call(path: string, body: unknown): Promise<PluginAnswer | null>
  /** The standard error of each run of the plugin that has ended. */
  readonly said: readonly string[]
}

export const startDockerPlugin = async (
  lab: Pick<Lab, 'host' | 'use' | 'command'>,
  backend: Backend,
): Promise<DockerPlugin> => {
  let running: Running | null = null
  const said: string[] = []
  const path = `/proc/${lab.host.pid}/root${pluginSocket}`
  const plugin: DockerPlugin = {
    said,
    async start(environment = {}) {
      const started = lab.host.start([...lab.command, 'docker-plugin', '--backend', backend], {
        environment: { NO_COLOR: '1', ...environment },
        timeoutMs: 2 ** 31 - 1,
      })
      running = started
      void started.outcome.then(({ stderr }) => said.push(stderr))
      await until('the plugin of Docker', () => plugin.call('/Plugin.Activate', null), { beside: started })
    },
    async stop(signal = 'SIGTERM') {
      running?.kill(signal)
      return plugin.ended()
    },
    async ended() {
      if (running === null) return null
      return (await named('the end of the plugin of Docker', running.outcome)).exitCode
    },
    call: (verb, body) => callDockerPlugin(path, verb, body),
    async [Symbol.asyncDispose]() {
      await plugin.stop('SIGKILL')
    },
  }
  lab.use(plugin)
  await plugin.start()
  return plugin
}
