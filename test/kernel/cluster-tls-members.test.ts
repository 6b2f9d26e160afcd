import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type ClusterLab, memberAddresses, openClusterLab } from '../lab/cluster/cluster-lab.ts'
import type { EtcdMember } from '../lab/cluster/etcd-member.ts'
import { hasJoined } from '../lab/cluster/has-joined.ts'
import { type Issued, makeAuthority, past } from '../lab/neighbour/certificates.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type CommandOn, commandOn } from '../lab/resident/command-on.ts'
import type { RunOutcome } from '../lab/run.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-tls-members-'))
const at = (name: string): string => join(folder, name)

const names = Object.keys(memberAddresses)
const nameOf = (member: string): string => `${member}.example`

interface TlsSite {
  readonly lab: ClusterLab
  readonly url: string
  /** The certificate that each member should show. */
  readonly own: Readonly<Record<string, Issued>>
  readonly expired: Issued
}

let opened: TlsSite | null = null
const tlsSite = (): TlsSite => {
  if (opened === null) throw new Error('etcd has not been started')
  return opened
}
const member = (name: string): EtcdMember => {
  const found = tlsSite().lab.members.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no member ${name}`)
  return found
}

/** Replaces the certificate that a member shows. etcd reads the file for each connection. */
const shownBy = (name: string): Issued => ({ cert: at(`${name}-shown.pem`), key: at(`${name}-shown.key`) })
const show = (name: string, { cert, key }: Issued): void => {
  copyFileSync(cert, shownBy(name).cert)
  copyFileSync(key, shownBy(name).key)
}
const ownOf = (name: string): Issued => {
  const found = tlsSite().own[name]
  if (found === undefined) throw new Error(`there is no certificate of ${name}`)
  return found
}

const machine = () => {
  const [host] = tlsSite().lab.hosts
  if (host === undefined) throw new Error('there is no host')
  return host.machine
}
const environment = { NODE_OPTIONS: '', HOME: folder }
let started: CommandOn | null = null
const command = (): CommandOn => {
  started ??= commandOn(machine(), environment)
  return started
}
const wordsOf = (host: string, words: readonly string[]): readonly string[] => [
  ...['cluster', ...words, '--cluster', tlsSite().url, '--state', at(host)],
]
const argvOf = (host: string, words: readonly string[]): readonly string[] =>
  command().argv(wordsOf(host, words))
const run = (host: string, ...words: readonly string[]): Promise<RunOutcome> =>
  command().run(wordsOf(host, words))
const json = async (host: string, ...words: readonly string[]) => {
  const { exitCode, stdout, stderr } = await run(host, ...words, '--json')
  // Where a command failed, its output says why.
  const errorText = exitCode === 0 ? null : stdout
  expect({ exitCode, stderr, errorText }).toEqual({ exitCode: 0, stderr: '', errorText: null })
  return JSON.parse(stdout)
}
const joined = (host: string) => json(host, 'join', '--member', host)

const off: EtcdMember[] = []
const turnOff = async (one: EtcdMember): Promise<void> => {
  off.push(one)
  await one.kill()
}

describeBeside('three servers of etcd with a certificate each', ['etcd', 'openssl'], () => {
  beforeAll(async () => {
    const authority = await makeAuthority(folder, 'ours')
    const own: Record<string, Issued> = {}
    for (const name of names) {
      own[name] = await authority.issue(name, `DNS:${nameOf(name)}`)
      show(name, own[name])
    }
    const expired = await authority.issue('expired', `DNS:${nameOf('etcd-2')}`, past)
    const hosts = Object.entries(memberAddresses).map(([name, address]) => `${address} ${nameOf(name)}\n`)
    writeFileSync(at('hosts'), `127.0.0.1 localhost\n${hosts.join('')}`)
    const lab = await openClusterLab(1, [], {
      shown: Object.fromEntries(names.map((name) => [name, shownBy(name)])),
      setUp: `mount --bind ${at('hosts')} /etc/hosts`,
    })
    const url = `etcds://${names.map(nameOf).join(',')}/prod?ca=${authority.file}`
    opened = { lab, url, own, expired }
  }, 120_000)
  afterEach(async () => {
    for (const name of names) show(name, ownOf(name))
    for (const one of off.splice(0)) one.start()
    await tlsSite().lab.leader()
  })
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]()
    await opened?.lab[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a host joins through servers that show their own names, also while one server is off', async () => {
    await json('web-1', 'init', '--pool', '10.64.0.0/12:24')
    const { claimed } = await joined('web-1')
    expect(claimed).toHaveLength(1)
    await turnOff(member('etcd-1'))
    await tlsSite().lab.leader()
    expect(await joined('web-1')).toMatchObject({ claimed: [], blocks: [{ block: claimed[0] }] })
  }, 120_000)

  test.each([
    ['the certificate of another server', () => ownOf('etcd-1')],
    ['an expired certificate', () => tlsSite().expired],
  ])(
    'a host joins while one server shows %s, also while another one is off',
    async (_what, certificate) => {
      show('etcd-2', certificate())
      for (const host of ['web-1', 'web-2']) await joined(host)
      await turnOff(member('etcd-3'))
      await tlsSite().lab.leader()
      for (const host of ['web-1', 'web-2']) expect(await joined(host)).toMatchObject({ claimed: [] })
    },
    120_000,
  )

  test('while no server can be asked, status names the server with the wrong certificate and the reason', async () => {
    show('etcd-2', tlsSite().expired)
    for (const name of ['etcd-1', 'etcd-3']) await turnOff(member(name))
    const expired = await run('web-1', 'status')
    expect(expired.stderr).toMatch(
      /no connection to etcd at etcd-2\.example:2379: its certificate .*has expired.*No other server took the request: etcd-1\.example:2379, etcd-3\.example:2379\. /,
    )
    show('etcd-2', ownOf('etcd-1'))
    const elsewhere = await run('web-1', 'status')
    expect(elsewhere.stderr).toMatch(
      /no connection to etcd at etcd-2\.example:2379: its certificate is for etcd-1\.example, and the cluster's URL says etcd-2\.example/,
    )
  }, 120_000)

  test('join --watch keeps its host alive when the leader is killed while another server shows an expired certificate', async () => {
    const watcher = machine().start(argvOf('web-9', ['join', '--watch', '--member', 'web-9']), {
      environment,
      timeoutMs: 120_000,
    })
    try {
      const isAlive = async (): Promise<boolean> =>
        (await json('web-1', 'status')).hosts.some(
          ({ host, alive }: { readonly host: string; readonly alive: boolean }) => host === 'web-9' && alive,
        )
      await hasJoined(watcher, 'web-9')
      const leader = await tlsSite().lab.leader()
      const [other] = tlsSite().lab.members.filter((one) => one !== leader)
      if (other === undefined) throw new Error('there is no other member')
      show(other.name, tlsSite().expired)
      await turnOff(leader)
      expect((await joined('web-10')).claimed).toHaveLength(1)
      expect(await isAlive()).toBe(true)
    } finally {
      watcher.kill('SIGTERM')
    }
    expect(await watcher.outcome).toMatchObject({ exitCode: 0 })
  }, 120_000)
})
