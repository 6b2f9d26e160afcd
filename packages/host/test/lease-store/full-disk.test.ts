import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeOneFile } from './one-file.ts'

let folder = ''
let program = ''
beforeAll(async () => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'portolan-full-'))
  program = join(folder, 'allocate.cjs')
  await writeOneFile(join(import.meta.dirname, 'allocate.ts'), program)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** In a new mount namespace: a disk of one MiB with only so much free space. */
const script = `
mount -t tmpfs -o size=1m,mode=755 tmpfs "$1"
mkdir "$1/store"
head -c $(( (1024 - $2) * 1024 )) /dev/zero > "$1/fill" 2>/dev/null
set +e
run() { "$NODE" "$PROGRAM" "$1/store" a 60 1 $3 > "$OUT/$2.text" 2>&1; echo $? > "$OUT/$2.code"; }
run "$1" full $3
run "$1" stillFull $3
rm "$1/fill"
run "$1" freed $3
mount -o remount,ro "$1"
run "$1" readOnly $3
ls "$1/store"
`

interface Run {
  readonly exitCode: number
  readonly text: string
}

const onDiskWith = (
  freeKiB: number,
  batch: number,
): Readonly<Record<'full' | 'stillFull' | 'freed' | 'readOnly', Run>> & {
  readonly files: readonly string[]
} => {
  const disk = join(folder, `disk-${freeKiB}-${batch}`)
  mkdirSync(disk)
  const own = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const files = execFileSync(
    'unshare',
    [...own, '--mount', 'sh', '-ec', script, 'sh', disk, String(freeKiB), String(batch)],
    {
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, PROGRAM: program, OUT: folder, NODE_OPTIONS: '' },
    },
  )
  const ran = (name: string): Run => ({
    exitCode: Number(readFileSync(join(folder, `${name}.code`), 'utf8')),
    text: readFileSync(join(folder, `${name}.text`), 'utf8'),
  })
  return {
    full: ran('full'),
    stillFull: ran('stillFull'),
    freed: ran('freed'),
    readOnly: ran('readOnly'),
    files: files.trim().split('\n').sort(),
  }
}

/** The replicas and addresses that a run surely held at its end. */
const heldIn = ({ text }: Run): ReadonlyMap<string, string> => {
  const held = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [verb, replica = '', address = ''] = line.split(' ')
    if (verb === '+') held.set(replica, address)
    if (verb === '?') held.delete(replica)
  }
  return held
}

describe('a disk without room', () => {
  test.each([0, 8, 20, 64, 160, 224].flatMap((free) => [1, 60].map((batch) => [free, batch])))(
    'of %d KiB free is told, keeps what was acknowledged, and serves again with room: %d at once',
    (free, batch) => {
      const { full, stillFull, freed, readOnly, files } = onDiskWith(free, batch)
      for (const run of [full, stillFull]) {
        if (run.exitCode === 0 && free >= 160) continue
        expect(run).toEqual({
          exitCode: 1,
          text: expect.stringMatching(
            /The lease store \S+ could not be written: the disk is full \(ENOSPC\)\. What was leased before is still there\. Make room on that disk/,
          ),
        })
      }
      expect({ ...freed, held: heldIn(freed).size }).toEqual({
        exitCode: 0,
        text: expect.any(String),
        held: 48,
      })
      // The last run asks for the same anew, and is given what was held; some of that it releases then.
      for (const run of [full, stillFull])
        for (const [replica, address] of heldIn(run))
          expect(freed.text).toContain(`+ ${replica} ${address}\n`)
      expect(readOnly).toEqual({
        exitCode: 1,
        text: expect.stringMatching(
          /The lease store \S+ could not be written: its file system is mounted read-only \(EROFS\)\. What was leased before is still there\. Mount it writable and run this again/,
        ),
      })
      expect(files).toEqual(['leases.mdb', 'leases.mdb-lock'])
    },
  )
})
