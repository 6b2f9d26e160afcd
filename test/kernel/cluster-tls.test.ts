import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hasJoined } from '../lab/cluster/has-joined.ts'
import type { Issued } from '../lab/neighbour/certificates.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type GuardedEtcd, startGuardedEtcd } from '../lab/neighbour/guarded-etcd.ts'
import { type CommandOn, commandOn } from '../lab/resident/command-on.ts'
import { until } from '../lab/until.ts'
import { makeTlsFiles, type TlsFiles } from './cluster/tls-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-tls-'))
const at = (name: string): string => join(folder, name)
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text)
  return at(name)
}

const password = 'correct horse battery staple'

let made: { readonly files: TlsFiles; readonly etcd: GuardedEtcd } | null = null
const site = () => {
  if (made === null) throw new Error('etcd has not been started')
  return made
}

const environment = { NODE_OPTIONS: '', HOME: folder }
let started: CommandOn | null = null
const command = (): CommandOn => {
  started ??= commandOn(site().etcd.machine, environment)
  return started
}

/** Runs `portolan cluster` with these words. Its output must never contain a secret. */
const run = async (words: readonly string[], url: string) => {
  const outcome = await command().run(['cluster', ...words, '--cluster', url, '--state', at('state')])
  const text = outcome.stdout + outcome.stderr
  expect(text).not.toContain(password)
  for (const { key } of [site().files.own, site().files.ofOtherAuthority])
    expect(text).not.toContain(readFileSync(key, 'utf8').split('\n')[1])
  return outcome
}

const refusalOf = async (url: string): Promise<string> => {
  const { exitCode, stderr } = await run(['init', '--pool', '10.64.0.0/12:24'], url)
  expect(exitCode).toBe(1)
  return stderr
}

const tls = (...files: readonly string[]): string =>
  `etcds://${site().etcd.endpoints.tls}/prod${files.length === 0 ? '' : `?${files.join('&')}`}`
const mutual = (own: Issued | null): string =>
  `etcds://${site().etcd.endpoints.mutual}/prod?ca=${site().files.ca}${own === null ? '' : `&cert=${own.cert}&key=${own.key}`}`
const asUser = (name: string, file: string): string =>
  `etcd://${name}@${site().etcd.endpoints.users}/prod?password-file=${file}`

describeBeside('TLS and users between a host and etcd', ['etcd', 'openssl'], () => {
  beforeAll(async () => {
    const files = await makeTlsFiles(folder, password)
    made = { files, etcd: await startGuardedEtcd(folder, files.server, files.ca) }
  })
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]()
    await made?.etcd[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a host joins with the authority, certificate and key that etcd asks for', async () => {
    const [server, url] = [tls(`ca=${site().files.ca}`), mutual(site().files.own)]
    const early = { exitCode: 1, stderr: expect.stringContaining('cluster prod has no pools') }
    expect(await run(['status'], server)).toMatchObject(early)
    expect(await run(['init', '--pool', '10.64.0.0/12:24'], url)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await run(['join'], url)).toMatchObject({ stdout: expect.stringContaining('claimed') })
  })

  test.each([
    ['is of another authority', true, 'does not come from the authority that ca names', '?ca=FILE'],
    ['is of no known authority', false, 'comes from no authority that Node trusts', '?ca=FILE'],
  ])(
    'a server certificate that %s is refused with the reason and the remedy',
    async (_what, isNamed, why, remedy) => {
      const message = await refusalOf(tls(...(isNamed ? [`ca=${site().files.otherCa}`] : [])))
      expect(message).toMatch(/^portolan: There is no connection to etcd at localhost:2479: its certificate /)
      expect(message).toContain(why)
      expect(message).toContain('Blocks that this host holds stay its own')
      expect(message).toContain(remedy)
    },
  )

  test.each([
    [
      'has expired',
      'expired',
      /has expired, by the clock of this host \(20.*Renew it on the server, or set the clock/,
    ],
    [
      'is not valid yet',
      'notYet',
      /is not valid yet, by the clock of this host \(20.*Set the clock of this host/,
    ],
    [
      'is for another name',
      'elsewhere',
      /is for etcd\.example, etcd-2\.example, and the cluster's URL says localhost.*Write a name of the certificate/,
    ],
  ] as const)(
    'a server certificate that %s is refused with the reason and the remedy',
    async (_what, which, untilPrinted) => {
      site().etcd.show(site().files[which])
      const message = await refusalOf(tls(`ca=${site().files.ca}`))
      site().etcd.show(site().files.server)
      expect(message).toMatch(untilPrinted)
    },
  )

  test('a host without a certificate, or with one that etcd does not accept, is told what etcd asks for', async () => {
    const { ofOtherAuthority, ownExpired } = site().files
    expect(await refusalOf(mutual(null))).toMatch(
      /it asks for a certificate of this host, and the cluster's URL names none.*&cert=FILE&key=FILE/,
    )
    expect(await refusalOf(mutual(ofOtherAuthority))).toMatch(
      /it does not accept the certificate of this host \(tlsv1 alert unknown ca\).*--trusted-ca-file of etcd/,
    )
    expect(await refusalOf(mutual(ownExpired))).toMatch(
      /certificate of this host has expired.*Renew the file of cert/,
    )
  })

  test('a URL with etcd:// for a TLS port, or etcds:// for a plain port, is refused with the right one', async () => {
    const { tls: secure, users } = site().etcd.endpoints
    expect(await refusalOf(`etcd://${secure}/prod`)).toContain('write etcds:// in place of etcd://')
    expect(await refusalOf(`etcds://${users}/prod?ca=${site().files.ca}`)).toContain(
      'write etcd:// in place of etcds://',
    )
  })

  test.each([
    ['is not there', () => at('none'), 'there is no such file'],
    ['is a folder', () => folder, 'it is a folder'],
    ['is no certificate', () => site().files.own.key, 'holds no certificate in PEM'],
    ['is empty', () => write('empty', ''), 'holds no certificate in PEM'],
  ])('a file of the authority that %s is named with the reason', async (_what, file, why) => {
    const message = await refusalOf(tls(`ca=${file()}`))
    expect(message).toContain(file())
    expect(message).toContain(why)
  })

  test('a key of another certificate, a locked key and a file without a key are refused with the reason', async () => {
    const { own, ofOtherAuthority, lockedKey } = site().files
    const { cert } = own
    expect(await refusalOf(mutual({ cert, key: ofOtherAuthority.key }))).toContain(
      `the key in ${ofOtherAuthority.key} is not that of the certificate in ${cert}`,
    )
    expect(await refusalOf(mutual({ cert, key: lockedKey }))).toContain('is locked with a passphrase')
    expect(await refusalOf(mutual({ cert, key: cert }))).toContain('holds no private key in PEM')
  })

  test('a user is refused where etcd has no users, and so is an empty password file', async () => {
    expect(await refusalOf(asUser('portolan', write('password', password)))).toMatch(
      /names user portolan, and this etcd has no users.*Leave the user and password-file out/,
    )
    expect(await refusalOf(asUser('portolan', write('empty', '')))).toMatch(
      /empty.*Write the password of portolan/,
    )
  })

  test('a missing user, an unknown user and a wrong password are refused without printing the password', async () => {
    const { etcd } = site()
    await etcd.askForUsers()
    await etcd.ask('auth/user/add', { name: 'portolan', password })
    expect(await refusalOf(`etcd://${etcd.endpoints.users}/prod`)).toMatch(
      /does not let this host in: it asks for a user.*etcd:\/\/USER@HOST\/NAME\?password-file=FILE/,
    )
    const wrong = 'letmein'
    for (const [name, given] of [
      ['nemo', password],
      ['portolan', wrong],
    ] as const) {
      const message = await refusalOf(asUser(name, write('password', given)))
      expect(message).toContain(`it has no user ${name} with the password that was given. Check the user`)
      expect(message).not.toContain(wrong)
    }
  })

  test('a user without the permission is told the command that grants it, and works after that', async () => {
    const { etcd } = site()
    const url = asUser('portolan', write('password', `${password}\n`))
    expect(await refusalOf(url)).toMatch(
      /user portolan may not do this.*may read and write keys under \/portolan\/v1\/: `etcdctl role grant-permission --prefix ROLE readwrite \/portolan\/v1\/`/,
    )
    // The host's own stored state needs no permission.
    const shown = await run(['status'], url)
    expect(shown).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('BLOCK OF THIS HOST') })
    await etcd.ask('auth/user/grant', { user: 'portolan', role: 'blocks' })
    expect(await run(['init', '--pool', '10.64.0.0/12:24'], url)).toMatchObject({ exitCode: 0 })
  })

  test('join --watch keeps its host alive when roles change and its token expires, and reports each reason for which etcd refuses it', async () => {
    const { etcd } = site()
    const stderrFile = write('told', '')
    const watcher = etcd.machine.start(
      [
        ...['sh', '-c', `exec "$@" 2> ${stderrFile}`, 'sh'],
        ...command().argv([
          ...['cluster', 'join', '--watch', '--member', 'web-2'],
          ...['--cluster', asUser('portolan', at('password')), '--state', at('other-state')],
        ]),
      ],
      { environment, timeoutMs: 120_000 },
    )
    const key = Buffer.from('/portolan/v1/prod/hosts/web-2').toString('base64')
    const untilAlive = async (): Promise<void> => {
      await until('the key of the host', async () => (await etcd.ask('kv/range', { key })).kvs, {
        beside: watcher,
      })
    }
    // A busy machine may leave the host without an answer for a while, which it reports too.
    const printed = (): readonly string[] =>
      readFileSync(stderrFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.includes('does not answer'))
    const untilPrinted = (text: string): Promise<unknown> =>
      until(text, () => printed().some((line) => line.includes(text)), { beside: watcher, shows: printed })
    await untilAlive()
    // A change of users or roles makes the token invalid. The host continues with a new token.
    await etcd.ask('auth/role/add', { name: 'another' })
    await etcd.ask('kv/deleterange', { key })
    await untilAlive()
    // The token, which is valid for two seconds, has expired by now.
    await delay(2_500)
    await etcd.ask('kv/deleterange', { key })
    await untilAlive()
    expect(printed().filter((line) => !line.includes('etcd answers again'))).toEqual([])
    // Nothing changes in the cluster. etcd continues an existing watch that it would refuse to begin now.
    await etcd.ask('auth/user/revoke', { name: 'portolan', role: 'blocks' })
    await untilPrinted('user portolan may not do this')
    await etcd.ask('auth/user/changepw', { name: 'portolan', password: 'another' })
    await untilPrinted('it has no user portolan with the password')
    await etcd.ask('auth/user/changepw', { name: 'portolan', password })
    await etcd.ask('auth/user/grant', { user: 'portolan', role: 'blocks' })
    await untilPrinted('etcd answers again')
    watcher.kill('SIGTERM')
    expect(await watcher.outcome).toMatchObject({ exitCode: 0 })
    expect(printed().filter((line) => !line.includes('etcd answers again'))).toHaveLength(2)
  })

  test('join --watch shows a replaced certificate with its next request', async () => {
    const { files, etcd } = site()
    const shown = { cert: at('daily.pem'), key: at('daily.key') }
    const put = ({ cert, key }: Issued): void => {
      copyFileSync(cert, shown.cert)
      copyFileSync(key, shown.key)
    }
    put(files.own)
    const stderrFile = write('said', '')
    const watcher = etcd.machine.start(
      [
        ...['sh', '-c', `exec "$@" 2> ${stderrFile}`, 'sh'],
        ...command().argv([
          ...['cluster', 'join', '--watch', '--member', 'web-3'],
          ...['--cluster', mutual({ ...files.own, ...shown }), '--state', at('third-state')],
        ]),
      ],
      { environment, timeoutMs: 120_000 },
    )
    await hasJoined(watcher, 'web-3')
    put(files.ofOtherAuthority)
    const untilPrinted = (text: string): Promise<unknown> =>
      until(text, () => readFileSync(stderrFile, 'utf8').includes(text), {
        beside: watcher,
        shows: () => readFileSync(stderrFile, 'utf8'),
      })
    await untilPrinted('certificate')
    put(files.own)
    await untilPrinted('etcd answers again')
    watcher.kill('SIGTERM')
    expect(await watcher.outcome).toMatchObject({ exitCode: 0 })
  })
})
