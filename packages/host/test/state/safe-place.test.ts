import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'
import { emptyState } from '../../src/state/host-state.ts'
import { refuseUnsafeDirectory } from '../../src/state/safe-place.ts'
import { ensureStateWritable, readState, writeState } from '../../src/state/state-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const make = (path: string, mode: number, owner = 0): string => {
  const made = join(folder, path)
  mkdirSync(made, { recursive: true })
  chmodSync(made, mode)
  if (owner !== 0) chownSync(made, owner, owner)
  return made
}

// Only root can give a folder to another user, and only root must refuse one.
const asRoot = process.geteuid?.() === 0 ? describe : describe.skip

asRoot('as root a state directory', () => {
  test('of its own is taken, in /tmp and elsewhere, there or not yet there', () => {
    expect(() => refuseUnsafeDirectory(make('own', 0o755))).not.toThrow()
    expect(() => refuseUnsafeDirectory(join(folder, 'not', 'there'))).not.toThrow()
    symlinkSync('own', join(folder, 'link'))
    expect(() => refuseUnsafeDirectory(join(folder, 'link'))).not.toThrow()
  })

  test('that others may write to is refused, with what to do', () => {
    for (const mode of [0o775, 0o777, 0o1777, 0o702]) {
      const open = make('open', mode)
      expect(() => refuseUnsafeDirectory(open)).toThrow(
        `The state directory ${open} is not safe to use as root: others than its owner may write to ${open} (mode ${mode.toString(8)}). Any user with write access there can have root run commands. Check what is in it, then run "chmod go-w ${open}", or give another directory with --state.`,
      )
    }
  })

  test('of another user is refused, and so is one below it', () => {
    const other = make('other', 0o755, 1000)
    const below = make('other/own', 0o700)
    for (const directory of [other, below, join(other, 'not-there')])
      expect(() => refuseUnsafeDirectory(directory)).toThrow(
        `${other} belongs to the user with number 1000. Any user with write access there can have root run commands. Check what is in it, then run "chown root:root ${other}"`,
      )
  })

  test('that a link of another user leads to is refused, and so is one in a folder of others', () => {
    const shared = make('shared', 0o1777)
    const own = make('shared/own', 0o700)
    expect(() => refuseUnsafeDirectory(own)).not.toThrow()
    symlinkSync(own, join(shared, 'link'))
    expect(() => refuseUnsafeDirectory(join(shared, 'link'))).not.toThrow()
    symlinkSync(own, join(shared, 'theirs'))
    lchownSync(join(shared, 'theirs'), 1000, 1000)
    expect(() => refuseUnsafeDirectory(join(shared, 'theirs'))).toThrow(
      `${join(shared, 'theirs')} belongs to`,
    )
    make('shared', 0o777)
    expect(() => refuseUnsafeDirectory(own)).toThrow(`others than its owner may write to ${shared}`)
  })

  test('that links lead to in circles is refused in words, by what opens it', async () => {
    const round = join(folder, 'round')
    symlinkSync('round', round)
    expect(() => refuseUnsafeDirectory(round)).not.toThrow()
    const why = expect.stringContaining('could not be read: its links go in circles')
    await expect(readState(round)).rejects.toMatchObject({ code: 'STATE', message: why })
    await expect(writeState(round, emptyState)).rejects.toMatchObject({ code: 'STATE' })
    await expect(openLeaseStore(round).read()).rejects.toMatchObject({ message: why })
  })

  test('in whose place a link leads nowhere is refused in words', async () => {
    const link = join(folder, 'link')
    symlinkSync(join(folder, 'nowhere', 'x'), link)
    await expect(ensureStateWritable(link)).rejects.toMatchObject({
      code: 'STATE',
      message: expect.stringContaining(
        'could not be written: in its place is something else, such as a link that leads nowhere',
      ),
    })
  })

  test('that is not safe is neither read nor written, by the state file and by the lease store', async () => {
    const open = make('open', 0o777)
    const refused = { code: 'STATE', message: expect.stringContaining(`chmod go-w ${open}`) }
    await expect(readState(open)).rejects.toMatchObject(refused)
    await expect(writeState(open, emptyState)).rejects.toMatchObject(refused)
    await expect(ensureStateWritable(join(open, 'new'))).rejects.toMatchObject(refused)
    const store = openLeaseStore(open)
    await expect(store.transact((state) => ({ state, changes: [], result: null }))).rejects.toMatchObject(
      refused,
    )
    writeFileSync(join(open, 'leases.mdb'), 'x')
    await expect(store.read()).rejects.toMatchObject(refused)
    await store.close()
  })

  test('with a file of another user in it is refused', async () => {
    const store = openLeaseStore(folder)
    await store.transact((state) => ({ state, changes: [], result: null }))
    await store.close()
    const file = join(folder, 'leases.mdb')
    chownSync(file, 1000, 1000)
    const again = openLeaseStore(folder)
    await expect(again.read()).rejects.toMatchObject({
      message: expect.stringContaining(`chown root:root ${file}`),
    })
    await again.close()
  })

  test('is not refused for what a umask of 002 leaves', async () => {
    const umask = process.umask(0o002)
    try {
      const directory = join(folder, 'new')
      const created = [{ family: 'ip', table: 'nat', chains: [], whole: true }] as const
      const store = openLeaseStore(directory)
      await store.transact((state) => ({ state, changes: [], result: null }))
      await store.close()
      await writeState(directory, { ...emptyState, created })
      const again = openLeaseStore(directory)
      await again.read()
      await again.close()
      expect((await readState(directory)).created).toEqual(created)
      expect(lstatSync(join(directory, 'leases.mdb-lock')).mode & 0o777).toBe(0o600)
    } finally {
      process.umask(umask)
    }
  })
})
