/**
 * Answers each message with what a process of its own would print and exit with, where that would end.
 *
 * @param run - what is done for a message, the first of which is number 1; it may set `process.exitCode`
 */
module.exports = (run) => {
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text, encoding, done) => {
      printed[name] += text
      const callback = typeof encoding === 'function' ? encoding : done
      if (callback !== undefined) process.nextTick(callback)
      return true
    }
  }

  let isRunning = false
  let count = 0
  process.on('message', async (message) => {
    // Until it is done, the channel keeps nothing alive.
    process.channel.unref()
    isRunning = true
    process.exitCode = undefined
    count += 1
    await run(message, count)
  })
  // What a message leaves open would keep a process of its own alive, and keeps its answer here.
  process.on('beforeExit', (exitCode) => {
    if (!isRunning) return
    isRunning = false
    process.send({ exitCode, ...printed })
    printed.stdout = ''
    printed.stderr = ''
    process.channel.ref()
  })
  process.on('disconnect', () => process.exit())
}
