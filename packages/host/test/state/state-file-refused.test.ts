import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { type CreatedTable, emptyState, type HostState } from '../../src/state/host-state.ts'
import { ensureStateWritable, readState, writeState } from '../../src/state/state-file.ts'
import { nat, state } from './noted-state.ts'
import { statePlace } from './state-place.ts'

const filter: CreatedTable = { family: 'ip', table: 'filter', chains: ['FORWARD'], whole: false }

describe('state file', () => {
  const place = statePlace()

  test.each([
    ['that had its inode before', '"routeSocket": "1"'],
    // A file of an earlier Portolan. This namespace has no bridge of Portolan's that would show that the file belongs
    // here.
    ['of which it is not known, with nothing of ours here', '"routeSocket": null'],
  ])('what was written in a namespace %s is not put back', async (_which, socket) => {
    await writeState(place.directory, state)
    const old = readFileSync(place.onlyFile(), 'utf8').replace(/"routeSocket": "\d+"/, socket)
    expect(old).toContain(socket)
    writeFileSync(place.onlyFile(), old)
    expect(await readState(place.directory)).toEqual(emptyState)
    await writeState(place.directory, { ...state, created: [filter] })
    expect((await readState(place.directory)).created).toEqual([filter])
  })

  test('what another boot wrote no longer holds, and is written over', async () => {
    await writeState(place.directory, state)
    const old = readFileSync(place.onlyFile(), 'utf8').replace(/"bootId": "[^"]+"/, '"bootId": "before"')
    writeFileSync(place.onlyFile(), old)
    expect(await readState(place.directory)).toEqual(emptyState)
    await writeState(place.directory, { ...state, created: [filter] })
    expect((await readState(place.directory)).created).toEqual([filter])
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
    await writeState(place.directory, state)
    const file = place.onlyFile()
    writeFileSync(file, text)
    await expect(readState(place.directory)).rejects.toMatchObject({
      code: 'STATE',
      message: expect.stringContaining(file),
    })
    await expect(writeState(place.directory, state)).rejects.toMatchObject({ code: 'STATE' })
    await expect(writeState(place.directory, emptyState)).rejects.toMatchObject({ code: 'STATE' })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('a file of a later version is not called damaged, and the way out is that version', async () => {
    await writeState(place.directory, state)
    const file = place.onlyFile()
    writeFileSync(file, readFileSync(file, 'utf8').replace('"version": 1', '"version": 2'))
    await expect(readState(place.directory)).rejects.toMatchObject({
      code: 'STATE',
      message: `The state file ${file} was written by a later version of Portolan: it has the form 2, and this version reads 1. It records what destroy has to restore. It was left as it is. Use that version. If you cannot, move the file away, and nothing that it records is restored.`,
    })
  })

  test.each(['state', 'temporary'])('a link in place of the %s file leads nowhere', async (which) => {
    await writeState(place.directory, state)
    const [target, file] = [join(place.base, 'target'), place.onlyFile()]
    writeFileSync(target, 'kept')
    const link = which === 'state' ? file : `${file}.tmp`
    rmSync(link, { force: true })
    symlinkSync(target, link)
    if (which === 'state') {
      await expect(readState(place.directory)).rejects.toMatchObject({
        message: `The state file ${file} could not be used: it is a symbolic link, and links are not followed there. Put the file itself in its place.`,
      })
      await expect(writeState(place.directory, state)).rejects.toMatchObject({ code: 'STATE' })
    } else {
      await ensureStateWritable(place.directory)
      symlinkSync(target, link)
      await writeState(place.directory, { ...state, created: [] })
      expect((await readState(place.directory)).created).toEqual([])
    }
    expect(readFileSync(target, 'utf8')).toBe('kept')
  })

  test('a pipe in place of the file is refused rather than waited for', async () => {
    await writeState(place.directory, state)
    const file = place.onlyFile()
    rmSync(file)
    execFileSync('mkfifo', [file])
    await expect(readState(place.directory)).rejects.toMatchObject({
      message: expect.stringContaining('is no regular file'),
    })
  })

  test.each([
    ['another program', ['touch', '/tmp/x']],
    ['another chain', ['iptables-nft', '-t', 'filter', '-D', 'FORWARD', '-j', 'ACCEPT']],
  ])('a file with words for %s is refused, and they are told', async (_what, words) => {
    await writeState(place.directory, state)
    const text = readFileSync(place.onlyFile(), 'utf8')
    const file = fromJson<{ state: HostState }>(text)
    const [fix] = file.state.fixes
    for (const part of ['undo', 'commands']) {
      const fixes = [{ ...fix, [part]: [words] }]
      writeFileSync(place.onlyFile(), JSON.stringify({ ...file, state: { ...file.state, fixes } }))
      await expect(readState(place.directory)).rejects.toMatchObject({
        code: 'STATE',
        message: expect.stringContaining(
          `is damaged: "fixes" holds a command that Portolan does not write: ${words.join(' ')}.`,
        ),
      })
    }
  })

  test.each<[string, unknown, readonly unknown[]]>([
    ['without fixes', undefined, []],
    [
      'with fixes of the first form',
      [
        {
          project: 'shop',
          words: ['iptables-nft', '-t', 'filter', '-I', 'DOCKER-USER', '1', '-o', 'br-web', '-j', 'ACCEPT'],
          undo: [['iptables-nft', '-t', 'filter', '-D', 'DOCKER-USER', '-o', 'br-web', '-j', 'ACCEPT']],
        },
        {
          project: 'shop',
          words: ['firewall-cmd', '--permanent', '--zone=trusted', '--add-interface=br-db'],
          undo: [['firewall-cmd', '--permanent', '--zone=trusted', '--remove-interface=br-db']],
        },
      ],
      [
        { name: 'DOCKER-USER', needs: [{ of: 'network', bridge: 'br-web' }] },
        { name: 'firewalld', needs: [{ of: 'network', bridge: 'br-db' }] },
      ],
    ],
  ])('a file of an earlier checkout, %s, is read', async (_how, fixes, expected) => {
    await writeState(place.directory, state)
    const file = fromJson<{ state: HostState }>(readFileSync(place.onlyFile(), 'utf8'))
    writeFileSync(place.onlyFile(), JSON.stringify({ ...file, state: { ...file.state, fixes } }))
    const read = await readState(place.directory)
    expect(read).toMatchObject({ sysctls: state.sysctls, fixes: expected })
    await writeState(place.directory, { ...read, created: [] })
    expect((await readState(place.directory)).fixes).toEqual(read.fixes)
  })

  test('a file of an earlier checkout, whose tables are JSON within JSON, is read', async () => {
    await writeState(place.directory, state)
    const file = fromJson<{ state: HostState }>(readFileSync(place.onlyFile(), 'utf8'))
    expect(file.state.created).toEqual([nat])
    const created = [
      '{"family":"ip","table":"nat","chains":["PREROUTING","OUTPUT"],"whole":true}',
      '{"family":"ip","table":"filter","chains":["FORWARD"]}',
    ]
    writeFileSync(place.onlyFile(), JSON.stringify({ ...file, state: { ...file.state, created } }))
    expect(await readState(place.directory)).toEqual({ ...state, created: [nat, filter] })
    await writeState(place.directory, { ...state, created: [filter] })
    expect(readFileSync(place.onlyFile(), 'utf8')).not.toContain('\\"')
    expect((await readState(place.directory)).created).toEqual([filter])
  })

  test.each<[string, unknown]>([
    ['a text that is no JSON', 'ip nat'],
    ['a table of another family', { family: 'inet', table: 'nat', chains: [], whole: true }],
    ['a table without chains', '{"family": "ip", "table": "nat"}'],
    ['a number', 7],
  ])('a file that names %s as a table is damaged, and is left as it is', async (_what, one) => {
    await writeState(place.directory, state)
    const file = fromJson<{ state: HostState }>(readFileSync(place.onlyFile(), 'utf8'))
    const text = JSON.stringify({ ...file, state: { ...file.state, created: [nat, one] } })
    writeFileSync(place.onlyFile(), text)
    await expect(readState(place.directory)).rejects.toMatchObject({
      code: 'STATE',
      message: expect.stringContaining(`${place.onlyFile()} is damaged: state.created[1]`),
    })
    await expect(writeState(place.directory, state)).rejects.toMatchObject({ code: 'STATE' })
    expect(readFileSync(place.onlyFile(), 'utf8')).toBe(text)
  })
})
