"""The shipped fakes: devices with levers that obey the same contract as the real ones and keep what they did."""
