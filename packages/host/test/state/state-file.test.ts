import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { emptyState, type HostState } from '../../src/state/host-state.ts'
import { defaultStateDirectory, readState, writeState } from '../../src/state/state-file.ts'

const state: HostState = {
  sysctls: { 'net.ipv4.ip_forward': { before: '0', given: '1' } },
  created: ['ip nat', 'ip nat PREROUTING'],
  attributes: { 'docker0 nfCallIptables': { before: 'false', given: 'true' } },
  fixes: [
    {
      project: 'shop',
      name: 'DOCKER-USER',
      beneficiaries: ['0.0.0.0:8080/tcp -> web:80'],
      needs: [{ of: 'mapping', bridge: 'br-web', address: '172.30.1.10', protocol: 'tcp', port: 80 }],
      commands: [['iptables-nft', '-I', 'DOCKER-USER', '1', '-j', 'ACCEPT']],
      undo: [['iptables-nft', '-D', 'DOCKER-USER', '-j', 'ACCEPT']],
    },
  ],
}

describe('state file', () => {
  let base: string
  let directory: string
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'portolan-'))
    directory = join(base, 'not', 'there', 'yet')
  })
  afterEach(() => rmSync(base, { recursive: true }))
  const onlyFile = () => join(directory, readdirSync(directory)[0] ?? '')

  test('what is written is read back, and nothing else is left in the directory', async () => {
    await writeState(directory, { ...state, created: [] })
    await writeState(directory, state)
    expect(await readState(directory)).toEqual(state)
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^state-\d+\.json$/)])
  })

  test('a directory without a file remembers nothing', async () => {
    expect(await readState(directory)).toEqual(emptyState)
  })

  test('an empty state leaves no file', async () => {
    await writeState(directory, state)
    await writeState(directory, emptyState)
    expect(readdirSync(directory)).toEqual([])
    await writeState(join(base, 'never'), emptyState)
    expect(readdirSync(base)).toEqual(['not'])
  })

  test('what another program was asked to keep on disk outlives the boot', async () => {
    const [fix] = state.fixes
    const asked = ['ufw', 'firewalld'].map((name) => ({ ...fix, name }) as HostState['fixes'][number])
    await writeState(directory, { ...state, fixes: [...state.fixes, ...asked] })
    const old = readFileSync(onlyFile(), 'utf8').replace(/"bootId": "[^"]+"/, '"bootId": "before"')
    writeFileSync(onlyFile(), old)
    expect(await readState(directory)).toEqual({ ...emptyState, fixes: asked })
  })

  test('what another boot wrote no longer holds, and is written over', async () => {
    await writeState(directory, state)
    const old = readFileSync(onlyFile(), 'utf8').replace(/"bootId": "[^"]+"/, '"bootId": "before"')
    writeFileSync(onlyFile(), old)
    expect(await readState(directory)).toEqual(emptyState)
    await writeState(directory, { ...state, created: ['ip filter'] })
    expect((await readState(directory)).created).toEqual(['ip filter'])
  })

  test.each([
    ['cut short', '{"version": 1, "names'],
    ['of a later version', '{"version": 2}'],
    [
      'of another shape',
      '{"version": 1, "namespace": "1", "bootId": "x", "state": {"sysctls": [], "created": [], "attributes": {}}}',
    ],
    [
      'with a value that is no text',
      '{"version": 1, "namespace": "1", "bootId": "x", "state": {"sysctls": {"a": {"before": 0, "given": "1"}}, "created": [], "attributes": {}}}',
    ],
    ['empty', ''],
  ])('a file %s is named in the error and not written over', async (_how, text) => {
    await writeState(directory, state)
    const file = onlyFile()
    writeFileSync(file, text)
    await expect(readState(directory)).rejects.toMatchObject({
      code: 'STATE',
      message: expect.stringContaining(file),
    })
    await expect(writeState(directory, state)).rejects.toMatchObject({ code: 'STATE' })
    await expect(writeState(directory, emptyState)).rejects.toMatchObject({ code: 'STATE' })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('a directory that cannot be made is named in the error', async () => {
    writeFileSync(join(base, 'file'), '')
    await expect(writeState(join(base, 'file', 'x'), state)).rejects.toMatchObject({
      code: 'STATE',
      message: expect.stringContaining(join(base, 'file', 'x')),
    })
  })
})

describe('defaultStateDirectory', () => {
  test.each([
    ['root', 0, {}, '/var/lib/portolan'],
    ['a user', 1000, { HOME: '/home/ada' }, '/home/ada/.local/state/portolan'],
    ['a user with XDG_STATE_HOME', 1000, { HOME: '/home/ada', XDG_STATE_HOME: '/state' }, '/state/portolan'],
    [
      'a user with a relative one',
      1000,
      { HOME: '/home/ada', XDG_STATE_HOME: 'x' },
      '/home/ada/.local/state/portolan',
    ],
  ])('of %s', (_who, user, environment, expected) => {
    expect(defaultStateDirectory(environment, user)).toBe(expected)
  })
})
