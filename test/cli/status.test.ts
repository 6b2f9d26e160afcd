import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { oneService } from './host-facts.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'compose.yaml': oneService })
// A new host without anything of Portolan's.
const apart = ['unshare', '--net']
const status = (...words: readonly string[]) =>
  portolan(['status', '--state', `${folder}/state`, ...words], { folder, under: apart })

describe('status of a host without Portolan', () => {
  test('says so, and succeeds', async () => {
    expect(await status()).toEqual({
      code: 0,
      stdout: 'Nothing of Portolan is mapped on this host.\n',
      stderr: '',
    })
  })

  test('is JSON with every key', async () => {
    const { code, stdout } = await status('--json')
    expect(code).toBe(0)
    expect(fromJson(stdout)).toEqual({
      networks: [],
      mappings: [],
      parented: [],
      endpoints: [],
      drift: [],
      lost: [],
      conflicts: [],
      accounting: false,
      unread: [],
    })
  })

  test('tells what a file wants as missing', async () => {
    const { code, stdout } = await status('-f', 'compose.yaml', '--json', '--backend', 'nftables')
    expect(code).toBe(0)
    const { mappings, networks, drift } = JSON.parse(stdout)
    expect(mappings.length).toBeGreaterThan(0)
    expect(new Set(mappings.map((one: { drift: string }) => one.drift))).toEqual(new Set(['missing']))
    expect(networks).toMatchObject([{ drift: 'missing', up: false, backend: null }])
    expect(drift.map((one: { part: string }) => one.part)).toContain('link')
  })

  test('refuses a project that has nothing there', async () => {
    const { code, stderr } = await status('-p', 'shop')
    expect(code).toBe(1)
    expect(stderr).toBe('portolan: project shop has nothing on this host; no project has.\n')
  })
})

describe('status --watch', () => {
  test('needs a terminal to refresh', async () => {
    const { code, stdout, stderr } = await status('--watch')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(
      'refreshes a terminal in place, and standard output is not a terminal that can do so',
    )
  })

  test('is not JSON', async () => {
    const { code, stdout } = await status('--watch', '--json')
    expect(code).toBe(1)
    expect(fromJson<{ readonly error: unknown }>(stdout).error).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  test('shows one text in place of the other until Control-C, and succeeds', async () => {
    const words = [...commandLine, 'status', '--watch', '--state', `${folder}/state`]
    // The shell exists before and after the command, and Control-C is for the command only.
    const line = `sh -c 'echo $$ >pid; exec "$@"' sh ${words.map((word) => `'${word}'`).join(' ')}; echo "ended with $?"`
    const script = `: >shown; script -qec "$1" /dev/null >shown &
      until [ "$(grep -c '^.*Nothing of Portolan is mapped' shown)" -ge 2 ]; do kill -0 $! || break; sleep 0.1; done
      kill -INT $(cat pid); wait; cat shown`
    const { stdout } = await run([...apart, 'timeout', '80', 'sh', '-c', script, 'sh', line], { folder })
    const texts = stdout.split('\u001b[H').slice(2)
    expect(texts.length).toBeGreaterThan(1)
    for (const text of texts) expect(text).toMatch(/^Nothing of Portolan is mapped on this host\./)
    expect(stdout).toContain('ended with 0')
  })

  test('compares with what the file says at that moment, and says when it cannot be read', async () => {
    const words = [...commandLine, 'status', '--watch', '-f', 'watched.yaml', '--state', `${folder}/state`]
    const line = `echo $$ >pid; exec ${words.map((word) => `'${word}'`).join(' ')}`
    const shown = (text: string): string => `until grep -q '${text}' shown; do sleep 0.1; done`
    const script = [
      `printf 'name: shop\nservices: {web: {ports: ["8111:80"]}}\n' >watched.yaml`,
      `: >shown; script -qefc "$1" shown >/dev/null & ${shown(':8111')}`,
      // The file is renamed: a file that is written in place may be read while it is empty.
      `printf 'name: shop\nservices: {web: {ports: ["8222:80"]}}\n' >next; mv next watched.yaml; ${shown(':8222')}`,
      `printf 'name: [' >next; mv next watched.yaml; ${shown('compares with what it said before')}`,
      'kill -INT $(cat pid); wait; cat shown',
    ].join('; ')
    const { stdout } = await run([...apart, 'timeout', '80', 'sh', '-c', script, 'sh', line], { folder })
    const last = stdout.split('\u001b[H').at(-1)
    expect(last).toContain(':8222')
    expect(last).toMatch(/watched\.yaml:1:/)
  })
})

test('options of a Compose file say nothing without one', async () => {
  const { code, stderr } = await status('--profile', 'debug')
  expect(code).toBe(1)
  expect(stderr).toContain('has no use for --profile without --file')
})

test('a pipe in place of the state directory is told as what could not be read', async () => {
  execFileSync('mkfifo', [`${folder}/pipe`])
  const { code, stderr } = await portolan(['status', '--state', `${folder}/pipe`], { folder, under: apart })
  expect(code).toBe(0)
  expect(stderr).toContain(`/pipe/leases.mdb could not be read: a part of its path is not a folder.`)
})
