import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { emptyState, type Fix } from '../../src/state/host-state.ts'
import {
  defaultStateDirectory,
  ensureStateWritable,
  readState,
  writeState,
} from '../../src/state/state-file.ts'
import { state } from './noted-state.ts'
import { statePlace } from './state-place.ts'

describe('state file', () => {
  const place = statePlace()

  test('what is written is read back, and nothing else is left in the directory', async () => {
    await writeState(place.directory, { ...state, created: [] })
    await writeState(place.directory, state)
    expect(await readState(place.directory)).toEqual(state)
    expect(readdirSync(place.directory)).toEqual([expect.stringMatching(/^state-\d+\.json$/)])
  })

  test('a file of a time before connections were noted owes none', async () => {
    await writeState(place.directory, state)
    writeFileSync(
      place.onlyFile(),
      readFileSync(place.onlyFile(), 'utf8').replace(/,\s*"owed": \{[\s\S]*?\}(?=\s*\}\s*\}\s*$)/, ''),
    )
    expect(readFileSync(place.onlyFile(), 'utf8')).not.toContain('owed')
    expect(await readState(place.directory)).toEqual({ ...state, owed: emptyState.owed })
  })

  test.each(['172.17.0.2; rm', '172.17.0.999', ''])(
    'an address %j of what is owed is damage',
    async (address) => {
      await writeState(place.directory, state)
      writeFileSync(place.onlyFile(), readFileSync(place.onlyFile(), 'utf8').replace('172.17.0.2', address))
      await expect(readState(place.directory)).rejects.toThrow(
        `state.owed.mapped[0].address: expected an IP address, found ${JSON.stringify(address)}`,
      )
    },
  )

  test('a directory without a file remembers nothing', async () => {
    expect(await readState(place.directory)).toEqual(emptyState)
  })

  test('an empty state leaves no file', async () => {
    await writeState(place.directory, state)
    await writeState(place.directory, emptyState)
    expect(readdirSync(place.directory)).toEqual([])
    await writeState(join(place.base, 'never'), emptyState)
    expect(readdirSync(place.base)).toEqual(['not'])
  })

  test('what another program was asked to keep on disk outlives the boot', async () => {
    const [fix] = state.fixes
    const asked = [
      ['ufw', 'ufw route prepend allow to any port 80', 'ufw route delete allow to any port 80'],
      ['firewalld', 'firewall-cmd --permanent --new-zone=br-web', 'firewall-cmd --reload'],
    ].map(
      ([name, command = '', undo = '']) =>
        ({ ...fix, name, commands: [command.split(' ')], undo: [undo.split(' ')] }) as Fix,
    )
    await writeState(place.directory, { ...state, fixes: [...state.fixes, ...asked] })
    const old = readFileSync(place.onlyFile(), 'utf8').replace(/"bootId": "[^"]+"/, '"bootId": "before"')
    writeFileSync(place.onlyFile(), old)
    expect(await readState(place.directory)).toEqual({ ...emptyState, fixes: asked })
  })

  test('another directory is only advised while nothing is noted in this one', async () => {
    const elsewhere = /another directory with --state/
    await writeState(place.directory, state)
    const file = place.onlyFile()
    // A folder at the temporary file's path stops the next write for every user. File modes would not stop root.
    mkdirSync(`${file}.tmp`)
    const failed = await ensureStateWritable(place.directory).catch(String)
    expect(failed).toMatch(/could not be written: .*Fix that, and run this again\./)
    expect(failed).not.toMatch(elsewhere)
    rmSync(file)
    await expect(ensureStateWritable(place.directory)).rejects.toThrow(elsewhere)
  })

  test('a directory that cannot be made is named in the error', async () => {
    writeFileSync(join(place.base, 'file'), '')
    await expect(writeState(join(place.base, 'file', 'x'), state)).rejects.toMatchObject({
      code: 'STATE',
      message: expect.stringContaining(join(place.base, 'file', 'x')),
    })
  })
})

describe('defaultStateDirectory', () => {
  test.each([
    ['root', 0, {}, '/var/lib/portolan'],
    ['a user', 1000, { HOME: '/home/ada' }, '/home/ada/.local/state/portolan'],
    ['a user with XDG_STATE_HOME', 1000, { HOME: '/home/ada', XDG_STATE_HOME: '/state' }, '/state/portolan'],
    [
      'a user with an empty one',
      1000,
      { HOME: '/home/ada', XDG_STATE_HOME: '' },
      '/home/ada/.local/state/portolan',
    ],
    [
      'a user without a home in the environment',
      1000,
      { HOME: '' },
      join(userInfo().homedir, '.local/state/portolan'),
    ],
    [
      'a user with a relative one',
      1000,
      { HOME: '/home/ada', XDG_STATE_HOME: 'x' },
      '/home/ada/.local/state/portolan',
    ],
  ])('of %s', (_, user, environment, expected) => {
    expect(defaultStateDirectory(environment, user)).toBe(expected)
  })
})
