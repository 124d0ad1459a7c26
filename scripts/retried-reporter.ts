import type { Reporter, TestCase } from "vitest/node";

/** Names the tests that passed at their second try alone: neither a failure nor forgotten. */
export default class RetriedReporter implements Reporter {
  readonly #retried: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky === true)
      this.#retried.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd(): void {
    for (const name of this.#retried) console.log(`retried: ${name}`);
  }
}
