import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { findProgram, runProgram } from '../program.ts'
import type { Place } from './place.ts'

export const dockerProgram: string | null = findProgram([
  process.env.DOCKERD,
  '/usr/sbin/dockerd',
  '/usr/bin/dockerd',
])

/**
 * The daemon has its own processes and mounts. The new /sys shows the links of the host's network. Further folders in
 * which dockerd and containerd write are covered by mounts, so that nothing stays on the machine.
 */
const inside = `
mount --rbind /sys/fs/cgroup /mnt
mount -t sysfs sysfs /sys
mount --rbind /mnt /sys/fs/cgroup
umount -l /mnt
for place in /opt /root /etc/docker /var/lib/docker /var/lib/containerd; do
  [ ! -d $place ] || mount -t tmpfs tmpfs $place
done
exec "$@" >"$log" 2>&1`

export interface Daemon extends Disposable {
  readonly api: (method: string, path: string, body?: unknown) => Promise<unknown>
  /** The path at which this process reaches a file of the daemon's mount namespace. */
  readonly outside: (path: string) => string
  [Symbol.dispose](): void
}

/** Starts dockerd with its own containerd on the host of a place. */
export const startDaemon = async ({ host }: Place, proxy: boolean): Promise<Daemon> => {
  const folder = mkdtempSync('/run/docker-')
  const [socket, log, cgroup] = [`${folder}/socket`, `${folder}/log`, `portolan-bench-${process.pid}-${host}`]
  const settings = { 'userland-proxy': proxy, 'cgroup-parent': `/${cgroup}`, bip: '10.89.0.1/24' }
  writeFileSync(`${folder}/daemon.json`, JSON.stringify(settings))
  const child = spawn(
    'nsenter',
    [
      ...[`--net=/run/netns/${host}`, 'setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid'],
      ...['--fork', '--kill-child', '--mount-proc', 'sh', '-ec', inside, 'sh', dockerProgram ?? ''],
      ...[`--config-file=${folder}/daemon.json`, `--host=unix://${socket}`, `--pidfile=${folder}/pid`],
      ...[`--data-root=${folder}/data`, `--exec-root=${folder}/exec`, '--storage-driver=vfs'],
    ],
    { stdio: 'ignore', env: { ...process.env, HOME: folder, log } },
  )
  const daemon: Daemon = {
    api: (method, path, body) => ask(socket, method, path, body),
    outside: (path) => `/proc/${child.pid}/root${path.replace(/^\/var\/run\//, '/run/')}`,
    [Symbol.dispose]: () => {
      child.kill('SIGKILL')
      removeCgroup(cgroup)
    },
  }
  try {
    for (let attempt = 0; !(await serves(daemon)); attempt += 1) {
      if (child.exitCode !== null || attempt > 300)
        throw new Error(`dockerd does not serve: ${runProgram(['tail', '-n', '3', log])}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await daemon.api('POST', '/images/create?fromSrc=-&repo=still&tag=1', stillImage())
  } catch (error) {
    daemon[Symbol.dispose]()
    throw error
  }
  return daemon
}

const serves = (daemon: Daemon): Promise<boolean> =>
  daemon.api('GET', '/_ping').then(
    (answer) => answer === 'OK',
    () => false,
  )

/**
 * Waits, because the last process ends a little after the signal. cgroups are one tree for each controller, or one for
 * all.
 */
const removeCgroup = (name: string): void => {
  const below = `find /sys/fs/cgroup -depth -type d '(' -name ${name} -o -path '*/${name}/*' ')'`
  const attempt = `${below} -exec rmdir {} + 2>/dev/null; [ -n "$(${below})" ] || exit 0; sleep 0.05`
  runProgram(['sh', '-c', `for i in $(seq 200); do ${attempt}; done; exit 1`])
}

/** An image made of the machine's own sleep and its libraries, so it needs no registry. */
const stillImage = (): Buffer => {
  const libraries = runProgram(['ldd', '/usr/bin/sleep']).match(/\/\S+/g) ?? []
  const files = ['/usr/bin/sleep', ...libraries].map((path) => path.slice(1))
  const folder = mkdtempSync('/run/still-')
  runProgram(['tar', '-chf', `${folder}/still.tar`, '-C', '/', ...files])
  return readFileSync(`${folder}/still.tar`)
}

/** Sends one request to Docker's Engine API. A Buffer is sent as a tar file, any other body as JSON. */
const ask = (socketPath: string, method: string, path: string, body?: unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const payload = Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {})
    const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json'
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(payload) }
    const sent = request({ socketPath, method, path, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) >= 400) return reject(new Error(`${method} ${path}: ${text}`))
        resolve(/^[[{]/.test(text) && !text.includes('\n{') ? JSON.parse(text) : text)
      })
    })
    sent.on('error', reject)
    sent.end(payload)
  })
