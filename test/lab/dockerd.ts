import type { Lab } from './lab.ts'
import type { Running } from './run.ts'

/** A network as Docker's API takes it. */
export interface DockerNetwork {
  readonly Name: string
  readonly EnableIPv6?: boolean
  readonly Options?: Readonly<Record<string, string>>
  readonly IPAM?: { readonly Config: readonly Readonly<Record<string, unknown>>[] }
}

export interface DockerContainer {
  readonly name: string
  /** `bridge` unless told. */
  readonly network?: string
  /** Asked for by name, as `docker run --ip` does. */
  readonly address?: string
  /** Published: the host's port, and the container's. */
  readonly port?: { readonly host: number; readonly container: number }
}

/** A dockerd in a lab's host, asked through its API: Debian's docker.io comes without the client. */
export interface Dockerd extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  createNetwork(network: DockerNetwork): Promise<void>
  /** Starts a container that says its name to each TCP client of `port.container`. Returns its IPv4 address. */
  run(container: DockerContainer): Promise<string>
  /** Stops a container, and lets it keep what it asks for by name. */
  stop(name: string): Promise<void>
  /** Ends dockerd as `systemctl stop` does. Its containers end with it. */
  end(): Promise<void>
}

const socket = '/run/docker.sock'

/** As the API answers: an error has a message. */
const ask = async (
  lab: Lab,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> => {
  const words = ['curl', '-s', '--max-time', '30', '-X', method, '--unix-socket', socket]
  const content =
    body === undefined ? [] : ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)]
  const stdout = await lab.host.mustRun([...words, ...content, `http://docker${path}`])
  const answer = (stdout.trim() === '' ? {} : JSON.parse(stdout)) as Record<string, unknown>
  if (typeof answer.message === 'string') throw new Error(`${method} ${path}: ${answer.message}`)
  return answer
}

/** An image with `sleep` alone, from this machine's own files. */
const importImage = `tar -C / -ch bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*') 2>/dev/null |
curl -s --unix-socket ${socket} -X POST -H 'Content-Type: application/x-tar' --data-binary @- 'http://docker/images/create?fromSrc=-&repo=sleeper'`

const speaker = (name: string, port: number): string =>
  `require('net').createServer((socket) => { socket.on('error', () => {}); socket.end(${JSON.stringify(name)}) }).listen(${port}, '::')`

/** Starts dockerd in a lab's host and waits until it answers. */
export const startDockerd = async (lab: Lab, options: readonly string[] = []): Promise<Dockerd> => {
  // Its data are the lab's own, as /var/lib is. Its settings would be those of the machine.
  await lab.host.mustRun(['mkdir', '-p', '/run/lab/docker', '/run/xtables'])
  await lab.host.writeText('/run/lab/docker/daemon.json', '{}')
  const daemon: Running = lab.host.start(
    ['dockerd', '--storage-driver', 'vfs', '--config-file', '/run/lab/docker/daemon.json', ...options],
    { timeoutMs: 600_000 },
  )
  const started: Running[] = []
  const answers = await lab.host.run([
    'sh',
    '-c',
    `for try in $(seq 300); do curl -sf --unix-socket ${socket} http://docker/_ping > /dev/null && exit 0; sleep 0.1; done; exit 1`,
  ])
  if (answers.exitCode !== 0) {
    daemon.kill('SIGKILL')
    throw new Error(`dockerd does not answer: ${(await daemon.outcome).stderr}`)
  }
  await lab.host.mustRun(['sh', '-c', importImage])
  const end = async (): Promise<void> => {
    daemon.kill('SIGTERM')
    await daemon.outcome
    for (const one of started.splice(0)) one.kill('SIGKILL')
  }
  return {
    createNetwork: async (network) => void (await ask(lab, 'POST', '/networks/create', network)),
    async run({ name, network = 'bridge', address, port }) {
      const key = `${port?.container}/tcp`
      await ask(lab, 'POST', `/containers/create?name=${name}`, {
        Image: 'sleeper',
        Cmd: ['/bin/sleep', '1000'],
        // `sleep` as the first process of its namespace does not hear SIGTERM.
        StopTimeout: 0,
        ...(port === undefined ? {} : { ExposedPorts: { [key]: {} } }),
        HostConfig: {
          NetworkMode: network,
          ...(port === undefined ? {} : { PortBindings: { [key]: [{ HostPort: `${port.host}` }] } }),
        },
        ...(address === undefined
          ? {}
          : {
              NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
            }),
      })
      await ask(lab, 'POST', `/containers/${name}/start`)
      const { State: state, NetworkSettings: settings } = await ask(lab, 'GET', `/containers/${name}/json`)
      if (port !== undefined) {
        const { Pid: pid } = state as { readonly Pid: number }
        started.push(
          lab.host.start(
            ['nsenter', `--net=/proc/${pid}/ns/net`, process.execPath, '-e', speaker(name, port.container)],
            {
              timeoutMs: 600_000,
            },
          ),
        )
      }
      const { Networks: networks } = settings as {
        readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>
      }
      return networks[network]?.IPAddress ?? ''
    },
    stop: async (name) => void (await ask(lab, 'POST', `/containers/${name}/stop?t=0`)),
    end,
    [Symbol.asyncDispose]: end,
  }
}

/** What the first bytes of a TCP server are, asked from a machine; null where none came within the time. */
export const spokenBy = async (lab: Lab, destination: string, port: number): Promise<string | null> => {
  const script = `const s = require('net').connect(${port}, '${destination}'); let text = ''
s.setTimeout(1500, () => s.destroy()); s.on('data', (d) => { text += d; s.destroy() }); s.on('error', () => {}); s.on('close', () => process.stdout.write(text))`
  const heard = await lab.client.mustRun([process.execPath, '-e', script])
  return heard === '' ? null : heard
}
