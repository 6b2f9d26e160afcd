import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { emptyConfig } from '@portolan/core'
import { type HostFacts, InvalidRequestError, plan, readCompose, readConfig } from '../../src/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portolan-config-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const write = (file: string, text: string): string => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
  return join(root, file)
}
const read = (environment: Record<string, string> = { HOME: join(root, 'home') }) =>
  readConfig({ root, environment })

describe('readConfig', () => {
  test('where there is no file nothing is said', () => {
    expect(read()).toEqual(emptyConfig)
  })
  test("the user's file has the last word over the host's", () => {
    write('etc/portolan/config.yaml', 'pools: [docker]\nreserved: [10.0.0.0/8]\nallowed: [192.0.2.0/24]\n')
    const file = write(
      'xdg/portolan/config.yaml',
      'pools: [classic]\nreserved: [192.0.2.7]\nallowed: [10.0.0.0/9]\n',
    )
    expect(read({ XDG_CONFIG_HOME: join(root, 'xdg') })).toEqual({
      pools: ['classic'],
      reserved: [
        { range: '192.0.2.7', from: `${file}:2` },
        { range: '10.128.0.0/9', from: `${root}/etc/portolan/config.yaml:2` },
      ],
      allowed: ['10.0.0.0/9', '192.0.2.0/24'],
    })
  })
  test('without XDG_CONFIG_HOME it is ~/.config, and a relative XDG_CONFIG_HOME is ignored', () => {
    write('home/.config/portolan/config.yaml', 'pools: [docker]')
    expect(read().pools).toEqual(['docker'])
    expect(read({ HOME: join(root, 'home'), XDG_CONFIG_HOME: 'xdg' }).pools).toEqual(['docker'])
  })
  const onlyAsRoot = process.geteuid?.() === 0 ? test : test.skip
  onlyAsRoot("root does not follow another user's config, wherever HOME or XDG_CONFIG_HOME lead", () => {
    const file = write('home/.config/portolan/config.yaml', 'allowed: [10.0.0.0/8]')
    expect(read().allowed).toEqual(['10.0.0.0/8'])
    for (const folder of ['home', 'home/.config', 'home/.config/portolan']) {
      chownSync(join(root, folder), 65534, 65534)
      expect([folder, read().allowed]).toEqual([folder, emptyConfig.allowed])
      expect(read({ XDG_CONFIG_HOME: join(root, 'home/.config') }).allowed).toEqual(emptyConfig.allowed)
      chownSync(join(root, folder), 0, 0)
    }
    chmodSync(dirname(file), 0o777)
    expect(read().allowed).toEqual(emptyConfig.allowed)
  })
  test('a mistake names file, line and column', () => {
    const file = write('etc/portolan/config.yaml', 'pools:\n  - roomy\n')
    expect(() => read()).toThrow(`${file}:2:5: pools: "roomy" is not a pool`)
  })
  test('a file that is there but cannot be read stops everything: it may reserve something', () => {
    mkdirSync(join(root, 'etc/portolan/config.yaml'), { recursive: true })
    expect(() => read()).toThrow(InvalidRequestError)
    expect(() => read()).toThrow(/config\.yaml could not be read \(it is a folder\)/)
    rmSync(join(root, 'etc/portolan/config.yaml'), { recursive: true })
    symlinkSync('loop', join(root, 'loop'))
    expect(() => read({ XDG_CONFIG_HOME: join(root, 'loop') })).toThrow(
      `${root}/loop/portolan/config.yaml could not be read (its links go in circles)`,
    )
    const file = write('etc/portolan/config.yaml', 'pools: [docker]')
    chmodSync(root, 0o755)
    chmodSync(file, 0)
    const asRoot = process.geteuid?.() === 0
    if (asRoot) process.seteuid?.(65534)
    try {
      expect(() => read()).toThrow(/\(this user may not read it\)/)
    } finally {
      if (asRoot) process.seteuid?.(0)
    }
  })
})

describe('plan with a config', () => {
  const intent = readCompose('services: {web: {image: x}}', { source: 'compose.yaml' })
  const facts: HostFacts = { machineId: 'x' }
  const subnet = async (options: Parameters<typeof plan>[1]) =>
    (await plan(intent, { facts, rules: null, backend: 'nftables', ...options })).subnets[0]

  test('its pools and ranges count, and a rejection names the file', async () => {
    write('etc/portolan/config.yaml', 'pools: [10.9.0.0/16:24]\nreserved: [10.9.0.0/24]\n')
    expect(await subnet({ config: read() })).toMatchObject({
      subnet: '10.9.1.0/24',
      rejected: [
        { kind: 'reserved', detail: `10.9.0.0/24 is reserved in ${root}/etc/portolan/config.yaml:2` },
      ],
    })
  })
  test('the options have the last word', async () => {
    write('etc/portolan/config.yaml', 'pools: [10.9.0.0/16:24]\nreserved: [10.9.0.0/24]\n')
    expect(await subnet({ config: read(), pools: ['docker'] })).toMatchObject({ subnet: '172.17.0.0/16' })
    expect(await subnet({ config: read(), allow: ['10.9.0.0/24'] })).toMatchObject({ subnet: '10.9.0.0/24' })
  })
  test('a library that names no config is not surprised by one', async () => {
    expect(await subnet({})).toMatchObject({ subnet: '172.17.0.0/16' })
  })
})
