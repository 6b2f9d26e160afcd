// Runs command lines of the built command, one after the other, in one process: their words come as messages, and what
// each printed goes back. Argument: the file of the bundle that has `run`.
const { run } = require(process.argv[2])

const printed = { stdout: '', stderr: '' }
for (const name of ['stdout', 'stderr']) {
  // Each command line listens for errors of its streams.
  process[name].setMaxListeners(0)
  process[name].write = (text, encoding, done) => {
    printed[name] += text
    const callback = typeof encoding === 'function' ? encoding : done
    if (callback !== undefined) process.nextTick(callback)
    return true
  }
}

process.on('message', async (words) => {
  process.exitCode = undefined
  const exitCode = await run(words)
  process.send({ exitCode, ...printed })
  printed.stdout = ''
  printed.stderr = ''
})
process.on('disconnect', () => process.exit())
