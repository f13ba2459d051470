/** A reporter that says that it prints, so that Playwright does not tell of its own steps when it merges reports. */
export default class QuietReporter {
  printsToStdio(): boolean {
    return true
  }
}
