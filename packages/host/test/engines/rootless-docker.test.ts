import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readDocker } from '../../src/engines/docker-readings.ts'

let home: string
const { env } = process
const before = { XDG_DATA_HOME: env.XDG_DATA_HOME, XDG_CONFIG_HOME: env.XDG_CONFIG_HOME }
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'portolan-home-'))
  env.XDG_DATA_HOME = join(home, '.local/share')
  env.XDG_CONFIG_HOME = join(home, '.config')
})
afterEach(() => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete env[name]
    else env[name] = value
  rmSync(home, { recursive: true, force: true })
})

const inHome = () =>
  readDocker('/', []).readings.flatMap(({ networks, complaints }) => [
    ...networks.filter(({ file }) => file?.startsWith(home)).map(({ name }) => name),
    ...complaints.filter((complaint) => complaint.includes(home)),
  ])

test("a rootless Docker's networks are those of its user's home", () => {
  expect(inHome()).toEqual([])
  mkdirSync(join(home, '.local/share/docker/network/files'), { recursive: true })
  const database = join(home, '.local/share/docker/network/files/local-kv.db')
  copyFileSync(join(import.meta.dirname, '../bolt/stores/docker-26-stopped.db'), database)
  expect(inHome().toSorted()).toEqual(['bridge', 'custom', 'dual', 'labelled', 'web'])
})

test.each(['', 'relative'])(
  'a folder %j of the environment is none, and the current folder is not read',
  (value) => {
    env.XDG_DATA_HOME = value
    env.XDG_CONFIG_HOME = value
    const folder = process.cwd()
    process.chdir(home)
    try {
      mkdirSync(join(home, value, 'docker/network/files'), { recursive: true })
      const database = join(home, value, 'docker/network/files/local-kv.db')
      copyFileSync(join(import.meta.dirname, '../bolt/stores/docker-26-stopped.db'), database)
      const networks = readDocker('/', []).readings.flatMap((reading) => reading.networks)
      expect(networks.filter(({ name }) => name === 'labelled')).toEqual([])
      expect(readDocker('/', []).dataRoots).not.toContain(join('/', value, 'docker/.'))
    } finally {
      process.chdir(folder)
    }
  },
)

test('a home that this user may not look into is not complained of', () => {
  mkdirSync(join(home, '.config/docker'), { recursive: true })
  chmodSync(home, 0o700)
  const { geteuid, seteuid } = process
  const isRoot = geteuid?.() === 0
  if (isRoot) seteuid?.(65534)
  else chmodSync(home, 0)
  try {
    expect(inHome()).toEqual([])
  } finally {
    if (isRoot) seteuid?.(0)
    chmodSync(home, 0o700)
  }
})
