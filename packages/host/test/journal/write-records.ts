// Writes to a journal and says each value on standard output once it is sure: a program of its own, to be killed at any
// instant. Arguments: FILE NAME COUNT
import { writeSync } from 'node:fs'
import { openJournal } from '../../src/journal/open-journal.ts'

const [file = '', name = '', count = '0'] = process.argv.slice(2)

const work = async (): Promise<void> => {
  const journal = openJournal(file)
  for (let number = 1; number <= Number(count); number += 1) {
    // Few keys that are written again and again, so that the file is soon full of what is no longer so.
    const keys = [`${name}/${number % 7}`, `${name}/last`]
    await journal.write(keys.map((key) => ({ key, value: number })))
    writeSync(1, `${number}\n`)
  }
  await journal.close()
}
void work()
