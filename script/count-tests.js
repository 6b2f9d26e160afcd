/** Counts the tests, from their files: `node script/count-tests.js`. The README shows these figures. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const filesIn = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter(
    (entry) =>
      entry.isFile() && entry.name.endsWith(ending) && !/\/(node_modules|dist)(\/|$)/.test(entry.parentPath),
  ).length

const scenarioFolders = ['bypass', 'forward', 'host', 'nat', 'neighbours']

export const countTests = () => ({
  testFiles: filesIn('packages', '.test.ts') + filesIn('test', '.test.ts'),
  kernelTestFiles: filesIn('test/kernel', '.test.ts'),
  scenarios: scenarioFolders.reduce((sum, name) => sum + filesIn(`test/kernel/conflicts/${name}`, '.txt'), 0),
  composeFiles: Object.keys(JSON.parse(readFileSync(join(root, 'test/compose/answers.json'), 'utf8'))).length,
  listings: filesIn('test/corpus/owners', '.listing'),
})

if (realpathSync(process.argv[1] ?? '') === import.meta.filename)
  console.log(JSON.stringify(countTests(), null, 2))
