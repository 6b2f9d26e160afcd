// Writes to a journal, and prints each value once it is on the disk. It is a program of its own, so that a test can
// kill it at any instant. Arguments: FILE NAME COUNT
import { writeSync } from 'node:fs'
import { openJournal } from '../../src/journal/open-journal.ts'

const [file = '', name = '', count = '0'] = process.argv.slice(2)

const work = async (): Promise<void> => {
  const journal = openJournal(file)
  for (let number = 1; number <= Number(count); number += 1) {
    // A few keys that are written again and again, so that most of the file is soon outdated.
    const keys = [`${name}/${number % 7}`, `${name}/last`]
    await journal.write(keys.map((key) => ({ key, value: number })))
    writeSync(1, `${number}\n`)
  }
  await journal.close()
}
void work()
