"""From a lab's source to notebooks, and whether its checks catch what they must."""
