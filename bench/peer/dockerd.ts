import { firstPort } from '../mappings.ts'
import { dockerProgram, startDaemon } from './docker-daemon.ts'
import { type Engine, hostPorts } from './engine.ts'

interface Inspected {
  readonly NetworkSettings: { readonly SandboxKey: string }
}

const whyAbsent = (): string | null => {
  if (dockerProgram === null) return 'not installed (DOCKERD=PATH says where)'
  return process.geteuid?.() === 0 ? null : 'needs root'
}

/** Measures the start of a container. Bridge, network and daemon exist before. */
export const dockerd = (proxy: boolean): Engine => ({
  name: `Docker${proxy ? ', with docker-proxy' : ''}`,
  absent: whyAbsent(),
  publish: async (place, ports, limitMs) => {
    const daemon = await startDaemon(place, proxy)
    try {
      const bindings = hostPorts(firstPort, ports).map((port) => ({ HostIp: '', HostPort: String(port) }))
      await daemon.api('POST', '/containers/create?name=bench', {
        Image: 'still:1',
        Cmd: ['/usr/bin/sleep', 'infinity'],
        ExposedPorts: { '80/tcp': {} },
        HostConfig: { PortBindings: { '80/tcp': bindings } },
      })
      const start = process.hrtime.bigint()
      await within(limitMs, daemon.api('POST', '/containers/bench/start'))
      const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
      const found = (await daemon.api('GET', '/containers/bench/json')) as Inspected
      return {
        milliseconds,
        namespace: daemon.outside(found.NetworkSettings.SandboxKey),
        [Symbol.dispose]: () => daemon[Symbol.dispose](),
      }
    } catch (error) {
      daemon[Symbol.dispose]()
      throw error
    }
  },
})

const within = async (limitMs: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${limitMs / 1000} s`)), limitMs)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
