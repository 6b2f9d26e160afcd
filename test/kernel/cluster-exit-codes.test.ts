import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Disposables } from '../lab/disposables.ts'
import { makeAuthority, past } from '../lab/neighbour/certificates.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type GuardedEtcd, startGuardedEtcd } from '../lab/neighbour/guarded-etcd.ts'
import { type ResidentCommand, residentCommand } from '../lab/resident/resident-command.ts'
import { until } from '../lab/until.ts'

const program = fileURLToPath(new URL('../../packages/portolan/bin/portolan.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'portolan-exits-'))
const at = (name: string): string => join(folder, name)
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text)
  return at(name)
}
const environment = { NODE_OPTIONS: '', NO_COLOR: '1', HOME: folder }
const disposables = new Disposables()

interface Site {
  readonly etcd: GuardedEtcd
  readonly resident: ResidentCommand
  readonly url: string
  /** The cluster URL for each obstacle between the host and etcd. */
  readonly urlBehind: Readonly<Record<string, string>>
}

let made: Site | null = null
const site = (): Site => {
  if (made === null) throw new Error('etcd has not been started')
  return made
}

/** Runs one command line after the other. The command is loaded once for all that need no process of their own. */
const run = (words: readonly string[], url: string) => {
  const { etcd, resident } = site()
  const line = [...words, '--cluster', url, '--state', at('state')]
  return resident.run(line) ?? etcd.machine.run([process.execPath, program, ...line], { environment })
}

/** Two servers. One is killed once both have agreed on something, so the other has lost the majority. */
const startWithoutMajority = async ({ machine }: GuardedEtcd): Promise<string> => {
  const peer = (port: number): string => `http://127.0.0.1:${port + 1}`
  const [kept, lost] = [2779, 2879].map((port) => {
    const client = `http://127.0.0.1:${port}`
    return machine.start(
      [
        ...['etcd', '--name', `m${port}`, '--data-dir', `/run/etcd/m${port}`, '--log-level', 'panic'],
        ...['--unsafe-no-fsync', '--heartbeat-interval', '50', '--election-timeout', '400'],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer(port), '--initial-advertise-peer-urls', peer(port)],
        ...['--initial-cluster', `m2779=${peer(2779)},m2879=${peer(2879)}`],
      ],
      { timeoutMs: 600_000 },
    )
  })
  disposables.use({
    [Symbol.asyncDispose]: async () => {
      kept?.kill('SIGKILL')
      await kept?.outcome
    },
  })
  const health = ['curl', '--silent', '--fail', '--max-time', '5', 'http://127.0.0.1:2779/health']
  await until('two servers of etcd', async () => (await machine.run(health)).exitCode === 0, { beside: kept })
  lost?.kill('SIGKILL')
  await lost?.outcome
  return 'etcd://127.0.0.1:2779/prod'
}

const file = write('compose.yaml', "name: shop\nservices: {nginx: {ports: ['8080:80']}}\n")
const clear = write('clear.yaml', "name: shop\nservices: {nginx: {ports: ['8080:80', '8081:81']}}\n")
const taken = write(
  'taken.yaml',
  "name: shop\nservices: {nginx: {ports: ['8080:80']}, other: {ports: ['8080:80']}}\n",
)

/** Each command's exit code when etcd cannot be reached. The verbs of `cluster` cannot work without etcd. */
const commands: readonly (readonly [command: string, exitCode: number])[] = [
  [`plan -f ${file}`, 0],
  [`plan -f ${clear}`, 2],
  [`plan -f ${taken}`, 3],
  [`conflicts -f ${file}`, 0],
  [`conflicts -f ${taken}`, 3],
  [`apply -f ${file} --yes`, 0],
  [`script -f ${file} --format nft`, 0],
  // The network takes the whole block.
  ['subnet', 4],
  [`watch -f ${file} --once`, 0],
  ['cluster status', 1],
  ['cluster join', 1],
  ['cluster release', 1],
  ['cluster reclaim --all --yes', 1],
]
/** These commands ask etcd only when the state directory is lost. */
const withoutEtcd = ['subnet']

describeBeside(
  'exit codes of commands while etcd cannot be reached or refuses the host',
  ['etcd', 'openssl'],
  () => {
    beforeAll(async () => {
      const [ours, other] = [await makeAuthority(folder, 'ours'), await makeAuthority(folder, 'other')]
      const server = await ours.issue('server', 'DNS:localhost')
      const expired = await ours.issue('expired', 'DNS:localhost', past)
      const etcd = disposables.use(await startGuardedEtcd(folder, server, ours.file))
      const { users, tls } = etcd.endpoints
      const asUser = (name: string): string =>
        `etcd://${name}@${users}/prod?password-file=${write(name, 'right')}`
      const url = asUser('portolan')
      await etcd.askForUsers()
      for (const name of ['portolan', 'guest']) await etcd.ask('auth/user/add', { name, password: 'right' })
      await etcd.ask('auth/user/grant', { user: 'portolan', role: 'blocks' })
      made = {
        etcd,
        resident: disposables.use(residentCommand(etcd.machine.inside, environment)),
        url,
        urlBehind: {
          'a wrong password': `etcd://portolan@${users}/prod?password-file=${write('wrong', 'wrong')}`,
          'no user': `etcd://${users}/prod`,
          'a permission that is missing': asUser('guest'),
          'an unknown authority': `etcds://${tls}/prod?ca=${other.file}`,
          'an expired certificate': `etcds://${tls}/prod?ca=${ours.file}`,
          'no answer': 'etcd://127.0.0.1:9/prod',
          'a majority that is lost': await startWithoutMajority(etcd),
        },
      }
      for (const words of ['cluster init --pool 10.64.0.0/16:24', 'cluster join', `apply -f ${file} --yes`])
        expect(await run(words.split(' '), url)).toMatchObject({ exitCode: 0 })
      etcd.show(expired)
    })
    afterAll(async () => {
      await disposables.close()
      rmSync(folder, { recursive: true, force: true })
    })

    const all: readonly string[] = commands.map(([command]) => command)
    const some: readonly string[] = [`plan -f ${clear}`, 'cluster join']
    test.each([
      ['a wrong password', all],
      ['no user', some],
      ['a permission that is missing', some],
      ['an unknown authority', some],
      ['an expired certificate', some],
      ['no answer', some],
      // Each verb of `cluster` waits 15 s for an election.
      ['a majority that is lost', [`plan -f ${clear}`]],
    ])(
      '%s: plans have the exit codes of the stored state, and verbs of cluster exit with 1',
      async (what, names) => {
        const url = site().urlBehind[what] ?? ''
        const chosen = commands.filter(([command]) => names.includes(command))
        const outcomes: unknown[] = []
        for (const [command] of chosen) {
          const { exitCode, stderr } = await run(command.split(' '), url)
          const saysWhy = /does not answer|does not let this host in|There is no connection to/.test(stderr)
          outcomes.push([command, exitCode, saysWhy])
        }
        expect(outcomes).toEqual(
          chosen.map(([command, code]) => [command, code, !withoutEtcd.includes(command)]),
        )
      },
    )
  },
)
