// Opens a store, reads it and closes it, again and again, and ends at the first failure: a program of its own.
// Arguments: DIRECTORY COUNT
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

const reopen = async (directory: string, count: number): Promise<void> => {
  for (let time = 0; time < count; time += 1) {
    const store = openLeaseStore(directory)
    await store.read()
    await store.close()
  }
}

const [directory = '', count = ''] = process.argv.slice(2)
void reopen(directory, Number(count))
