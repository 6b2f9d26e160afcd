import { version } from '../version.ts'

// Nothing else is imported before it is needed: `portolan --version` should cost what node itself costs.
const words = process.argv.slice(2)
if (words.length === 1 && ['--version', '-V', '-v', 'version'].includes(words[0] ?? '')) {
  // A reader that has gone is no failure.
  process.stdout.on('error', () => {})
  process.stdout.write(`${version}\n`)
} else {
  const { run } = await import('./run.ts')
  process.exitCode = await run(words)
  // What was cut short may go on for long, and has nothing more to tell.
  if (process.exitCode === 130) process.exit()
}
