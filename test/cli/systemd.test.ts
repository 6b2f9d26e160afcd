import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const packaged = fileURLToPath(new URL('../../packages/portolan/', import.meta.url))
const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch {
    return false
  }
}
const isThere = has('systemd-analyze')
if (!isThere && process.env.CI === 'true')
  throw new Error('systemd-analyze is not installed: run script/bootstrap --tests')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-units-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A unit file with the path of the command in this tree, because systemd-analyze checks that the program exists. */
const unit = (name: string): string =>
  readFileSync(join(packaged, 'systemd', name), 'utf8').replaceAll(
    '/usr/bin/portolan',
    join(packaged, 'bin/portolan.js'),
  )

const verify = (file: string): string =>
  execFileSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

const onlyWithSystemd = isThere ? describe : describe.skip
onlyWithSystemd('the units for systemd', () => {
  test('are accepted by systemd-analyze verify', () => {
    writeFileSync(join(folder, 'portolan-watch@.service'), unit('portolan-watch@.service'))
    const file = join(folder, 'portolan-watch@shop.service')
    writeFileSync(file, unit('portolan-watch@.service'))
    expect(verify(file)).toBe('')
  })

  test('those of the Docker plugin are too', () => {
    for (const name of ['portolan-docker.socket', 'portolan-docker.service'])
      writeFileSync(join(folder, name), unit(name))
    expect(verify(join(folder, 'portolan-docker.service'))).toBe('')
  })

  test('so is that of a host in a cluster', () => {
    const file = join(folder, 'portolan-cluster.service')
    writeFileSync(file, unit('portolan-cluster.service'))
    expect(verify(file)).toBe('')
  })

  test('are with the drop-in for a Compose file, too', () => {
    const file = join(folder, 'portolan-watch@shop.service')
    writeFileSync(file, unit('portolan-watch@.service'))
    mkdirSync(`${file}.d`, { recursive: true })
    writeFileSync(join(`${file}.d`, 'compose.conf'), unit('compose.conf.example'))
    expect(verify(file)).toBe('')
  })

  test('a mistake in either would be found', () => {
    const file = join(folder, 'portolan-watch@other.service')
    writeFileSync(file, unit('portolan-watch@.service').replace('ExecStart=', 'ExecStart=nowhere '))
    expect(() => verify(file)).toThrow()
    writeFileSync(file, unit('portolan-watch@.service'))
    mkdirSync(`${file}.d`)
    writeFileSync(join(`${file}.d`, 'compose.conf'), '[Service]\nExecStart=\nExecStart=nowhere\n')
    expect(() => verify(file)).toThrow()
  })
})
