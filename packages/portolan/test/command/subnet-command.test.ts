import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { readShape } from '../../src/command/output/terminal-shape.ts'
import { run } from '../../src/command/run.ts'
import { plainStyle } from '../../src/text/style.ts'

let folder: string
const before = { XDG_CONFIG_HOME: process.env.XDG_CONFIG_HOME, LC_ALL: process.env.LC_ALL }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-subnet-'))
  process.env.XDG_CONFIG_HOME = join(folder, 'xdg')
  process.env.LC_ALL = 'C'
  write('host.json', '{"nameservers": ["172.17.0.23"], "machineId": "x"}')
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})

const write = (file: string, text: string): string => {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
  return join(folder, file)
}
const config = (text: string) => write('xdg/portolan/config.yaml', text)
const subnet = async (...words: readonly string[]) => {
  const printed: string[] = []
  const said: string[] = []
  const code = await run(['subnet', '--host', join(folder, 'host.json'), ...words], {
    interactive: false,
    columns: 80,
    during: (_what, work) => work(),
    print: (text) => void printed.push(text),
    pass: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    sayLines: (text) => void said.push(text),
    ask: async () => false,
    screen: () => null,
    style: plainStyle,
  })
  return { code, stdout: printed.join('\n'), stderr: said.join('\n') }
}

describe('--map', () => {
  test('draws the pools in the place of the list', async () => {
    const { code, stdout, stderr } = await subnet('--map')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Pool classic/)
    expect(stdout).toContain('a-------------------------------  passed over: a')
    expect(stdout).toContain('nameserver 172.17.0.23')
    expect(stdout).toContain('1  10.0.0.0/16  gateway 10.0.42.1  from pool classic')
  })
  test('with --json it is data beside the subnets, which are as ever', async () => {
    const { stdout } = await subnet('--map', '--json')
    const { subnets, map } = JSON.parse(stdout)
    expect(subnets[0].subnet).toBe('10.0.0.0/16')
    expect(map.rows[0]).toMatchObject({ prefix: '172.17.0.0/16', passedOver: [{ holder: 0, candidates: 1 }] })
    expect(map.holders[0].detail).toBe('nameserver 172.17.0.23')
    expect(fromJson((await subnet('--json')).stdout)).toEqual({ subnets })
  })
  test('is drawn too when nothing is free, and the exit code stays 4', async () => {
    const words = ['--pool', '10.9.0.0/23:24', '--reserve', '10.9.1.7', '--count', '2']
    const { code, stdout, stderr } = await subnet('--map', ...words)
    expect(code).toBe(4)
    expect(stdout).toContain('Fewer than 2 subnets are free')
    expect(stdout).toContain('passed over: 1 for a')
    expect(stderr).toMatch(/^portolan: No subnet is free/)
    expect(fromJson((await subnet('--map', '--json', ...words)).stdout)).toMatchObject({
      error: { code: 'POOL_EXHAUSTED' },
      map: { picks: [] },
    })
  })
})

describe('--svg', () => {
  test('writes the picture, and the list is printed as ever', async () => {
    const file = join(folder, 'pools.svg')
    const { code, stdout } = await subnet('--svg', file)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '10.0.0.0/16 10.0.42.1' })
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg .*[\s\S]*nameserver 172\.17\.0\.23[\s\S]*<\/svg>\n$/)
  })
  test('- is standard output, which then carries nothing else', async () => {
    const { stdout } = await subnet('--svg', '-')
    expect(stdout).toMatch(/^<svg [\s\S]*<\/svg>$/)
    for (const other of ['--map', '--json']) {
      const { code, stderr, stdout: words } = await subnet('--svg', '-', other)
      expect(code).toBe(1)
      expect(`${stderr}${words}`).toMatch(/would both go to standard output: name a file/)
    }
  })
  test('a file that cannot be written is an error, and nothing is printed as if all was well', async () => {
    const { code, stdout, stderr } = await subnet('--svg', join(folder, 'none', 'pools.svg'))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/pools\.svg could not be written: there is no such folder/)
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })
})

describe('the config file', () => {
  test('gives the pools and ranges, and is named in the reasons', async () => {
    const file = config('pools: [10.9.0.0/16:24]\nreserved:\n  - 10.9.0.0/24\nallowed: [10.9.1.0/24]\n')
    write('host.json', '{"routes": [{"destination": "10.9.1.0/24", "interface": "wg0"}]}')
    expect((await subnet()).stdout).toBe('10.9.1.0/24 10.9.1.1')
    const { subnets } = JSON.parse((await subnet('--json')).stdout)
    expect(subnets[0].rejected[0].detail).toBe(`10.9.0.0/24 is reserved in ${file}:3`)
  })
  test('flags have the last word', async () => {
    config('pools: [10.9.0.0/16:24]\nreserved: [10.9.0.0/24]\nallowed: [10.9.1.0/24]\n')
    expect((await subnet('--pool', '10.8.0.0/16:24')).stdout).toBe('10.8.0.0/24 10.8.0.1')
    expect((await subnet('--allow', '10.9.0.0/24')).stdout).toBe('10.9.0.0/24 10.9.0.1')
    expect((await subnet('--reserve', '10.9.1.0/24')).stdout).toBe('10.9.2.0/24 10.9.2.1')
  })
  test('pools of both families may stand in it: each request takes its own', async () => {
    config('pools: [10.9.0.0/16:24, "fd00:9::/48:64"]')
    expect((await subnet()).stdout).toBe('10.9.0.0/24 10.9.0.1')
    expect((await subnet('--ipv6')).stdout).toBe('fd00:9::/64 fd00:9::1')
    config('pools: ["fd00:9::/48:64"]')
    expect((await subnet()).stdout).toBe('10.0.0.0/16 10.0.42.1')
  })
  test('a mistake names file, line and column, in JSON too', async () => {
    const file = config('reserved:\n  - attic\n')
    expect(await subnet()).toMatchObject({ code: 1, stderr: expect.stringContaining(`${file}:2:5: `) })
    expect(fromJson<{ readonly error: unknown }>((await subnet('--json')).stdout).error).toMatchObject({
      code: 'PARSE',
      source: file,
      line: 2,
      column: 5,
    })
  })
})

test('what could not be read of the host is said, and is no failure', async () => {
  write('host.json', '{"unread": ["/etc/netplan/x.yaml could not be read."]}')
  expect(await subnet()).toEqual({
    code: 0,
    stdout: '172.17.0.0/16 172.17.42.1',
    stderr: 'portolan: /etc/netplan/x.yaml could not be read.',
  })
  expect(fromJson<{ readonly unread: unknown }>((await subnet('--json')).stdout).unread).toEqual([
    '/etc/netplan/x.yaml could not be read.',
  ])
})

test('a pick out of what Docker may cut from is told', async () => {
  write('host.json', '{"enginePools": [{"engine": "docker", "base": "172.16.0.0/12", "size": 24}]}')
  const { code, stderr } = await subnet('--count', '7')
  expect(code).toBe(0)
  expect(stderr).toMatch(/172\.17\.0\.0\/16 of network 1 is out of 172\.16\.0\.0\/12, which docker may cut/)
  expect(stderr).toMatch(/and 1 more such subnets?\./)
})

describe('readShape', () => {
  test.each([
    [
      { columns: 100, environment: { LANG: 'en_GB.UTF-8' } },
      { columns: 100, unicode: true },
    ],
    [
      { columns: undefined, environment: {} },
      { columns: 80, unicode: false },
    ],
    [
      { columns: undefined, environment: { COLUMNS: '60', LANG: 'C.utf8' } },
      { columns: 60, unicode: true },
    ],
    [
      { columns: 400, environment: { LC_ALL: 'C', LANG: 'en_GB.UTF-8' } },
      { columns: 160, unicode: false },
    ],
    [
      { columns: 90, environment: { LANG: 'C.UTF-8', TERM: 'dumb' } },
      { columns: 90, unicode: false },
    ],
  ])('%j is %j', (surroundings, shape) => {
    expect(readShape(surroundings)).toEqual(shape)
  })
})
